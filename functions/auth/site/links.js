// The pages that the links in mails lead to. To open one does nothing, for mail scanners open links too:
// the token is sent when a person asks for it, in a request's body, where no log has it.
"use strict";

const find = (id) => document.getElementById(id);
const outcome = find("outcome");

// First of all: neither the address bar nor the history keeps the token. Both spellings of a link are read.
const mailed =
  new URLSearchParams(location.search).get("token") ?? new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);

const AGAIN = "That did not work just now. Try again in a moment.";
const SAID = {
  invalid_token: "This link does not work any more: it was used, is too old, or a newer mail has followed it.",
  invalid_credentials: "The address, the password or the code is wrong.",
  mfa_required: "The account asks for a code of your authenticator app, too.",
};

class Refused extends Error {
  constructor(problem, retryAfter) {
    super(problem.code);
    this.code = problem.code;
    this.message = told(problem, retryAfter);
  }
}

function told(problem, retryAfter) {
  if (problem.code === "weak_password") return `The password ${problem.detail}.`;
  if (problem.code === "too_many_requests") {
    const minutes = Math.ceil(Number(retryAfter) / 60) || 1;
    return `Too many tries. Wait ${minutes === 1 ? "a minute" : `${minutes} minutes`}, then try again.`;
  }
  return SAID[problem.code] ?? AGAIN;
}

async function post(path, body, accessToken) {
  const headers = { "Content-Type": "application/json" };
  if (accessToken) headers.Authorization = `Bearer ${accessToken}`;
  const answer = await fetch(path, {
    method: "POST",
    headers,
    body: body && JSON.stringify(body),
    credentials: "omit",
    cache: "no-store",
    referrerPolicy: "no-referrer",
  });
  if (!answer.ok) {
    throw new Refused(await answer.json().catch(() => ({})), answer.headers.get("Retry-After"));
  }
  return answer.status === 204 ? null : answer.json();
}

async function verifyEmail(token) {
  await post("v1/auth/verify-email", { token });
  return "The address is confirmed. You can close this page.";
}

async function resetPassword(token) {
  await post("v1/auth/password-reset/confirm", { token, new_password: find("new-password").value });
  return "Your new password holds, and all sessions have ended. Log in with it.";
}

async function changeEmail(token) {
  const credentials = { email: find("email").value, password: find("password").value };
  const code = find("code").value.trim();
  const tokens = await post("v1/auth/login", code ? { ...credentials, totp_code: code } : credentials);
  try {
    await post("v1/me/email/confirm", { token }, tokens.access_token);
  } finally {
    // Nobody asked for a session, only for this one thing. If it cannot be ended now, it lapses.
    await post("v1/auth/logout", null, tokens.access_token).catch(() => null);
  }
  return "The new address is confirmed. Log in with it from now on.";
}

const ACTIONS = {
  "verify-email": verifyEmail,
  "reset-password": resetPassword,
  "change-email": changeEmail,
};

function say(text, refused) {
  outcome.textContent = text;
  outcome.classList.toggle("refused", refused);
}

function askForCode() {
  find("code-field").hidden = false;
  find("code").required = true;
  find("code").focus();
}

async function send(event) {
  event.preventDefault();
  find("send").disabled = true;
  say("", false);
  try {
    say(await ACTIONS[document.body.dataset.page](find("token").value.trim()), false);
    find("form").remove();
    find("lead").remove();
  } catch (error) {
    if (error.code === "mfa_required") askForCode();
    say(error instanceof Refused ? error.message : AGAIN, true);
  } finally {
    if (find("send")) find("send").disabled = false;
  }
}

find("form").addEventListener("submit", send);
find("form").hidden = false;
find("token").value = mailed ?? "";
find("token-field").hidden = Boolean(mailed);
find("show")?.addEventListener("change", (event) => {
  find("new-password").type = event.target.checked ? "text" : "password";
});
