// Questions to the local system.

// Nobody answered, or not with JSON: the system stopped, or is starting anew.
export class Unreachable extends Error {}

// The answer's status and headers, and its JSON.
export async function ask(path, options = {}) {
  try {
    const answer = await fetch(path, { cache: "no-store", ...options });
    return { ok: answer.ok, status: answer.status, headers: answer.headers, body: await answer.json() };
  } catch {
    throw new Unreachable(path);
  }
}
