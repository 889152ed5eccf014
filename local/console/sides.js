// The demo accounts at the API. Each logs in when it is first needed, and again when its session is over; the
// token is kept by the browser for this tab, and is nowhere in the page.

import { ask } from "./api.js";

const MOST_SECONDS = 5; // what it waits for the limiter before it gives up
let accounts = {};

export function knowAccounts(demo) {
  accounts = demo?.accounts ?? {};
}

// What the API refused, in its own words.
export class Refused extends Error {
  constructor({ status, body }) {
    super(`${body.code ?? status}: ${[body.title, body.detail].filter(Boolean).join(". ")}`);
    this.status = status;
  }
}

// Asks the API as one of the accounts, null as nobody; returns the answer's JSON. `version` is what one has seen.
export async function askAs(name, method, path, { body, version } = {}) {
  let answer = await send(name && await token(name), method, path, body, version);
  if (answer.status === 401 && name) answer = await send(await token(name, { anew: true }), method, path, body, version);
  if (!answer.ok) throw new Refused(answer);
  return answer.body;
}

async function send(bearer, method, path, body, version) {
  const headers = {};
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  if (body) headers["Content-Type"] = "application/json";
  if (version) headers["If-Match"] = `"${version}"`;
  if (method === "POST" && !version) headers["Idempotency-Key"] = crypto.randomUUID();
  const options = { method, headers, body: body && JSON.stringify(body) };
  const answer = await ask(`/v1${path}`, options);
  const seconds = Number(answer.headers.get("Retry-After"));
  if (answer.status !== 429 || !(seconds <= MOST_SECONDS)) return answer;
  await new Promise((done) => { setTimeout(done, seconds * 1000); });
  return ask(`/v1${path}`, options);
}

async function token(name, { anew = false } = {}) {
  const kept = `greenroom session of ${name}`;
  const known = sessionStorage.getItem(kept);
  if (known && !anew) return known;
  const { email, password } = accounts[name];
  const { access_token: fresh } = await askAs(null, "POST", "/auth/login", { body: { email, password } });
  sessionStorage.setItem(kept, fresh);
  return fresh;
}
