// The console: asks the local system for what the open section shows, every two seconds, and shows it.

import { showAccounts } from "./accounts.js";
import { ask, Unreachable } from "./api.js";
import { byId } from "./dom.js";
import { refreshErrors, startErrors } from "./errors.js";
import { refreshHealth, startHealth } from "./health.js";
import { showMails } from "./mail.js";
import { refreshMetrics, startMetrics } from "./metrics.js";
import { refreshNegotiation, startNegotiation } from "./negotiation.js";
import { showPayments, startPayments } from "./payments.js";
import { showRequests, startRequests } from "./requests.js";
import { refreshSecurity, startSecurity } from "./security.js";
import { shown, startTabs } from "./tabs.js";

const POLL_MILLISECONDS = 2000;
const asked = {
  negotiation: refreshNegotiation,
  errors: refreshErrors,
  security: refreshSecurity,
  metrics: refreshMetrics,
  health: refreshHealth,
};
let paused = false;
let running = null; // one at a time: an answer that comes late must not overtake a newer one
let next = null;

// Ends when what it shows is at least as new as the call.
function refresh() {
  if (running) return (next ??= running.then(() => { next = null; return refresh(); }));
  running = run().finally(() => { running = null; });
  return running;
}

async function run() {
  try {
    await show();
    pulse(paused ? "paused" : "live", paused ? "paused" : "running");
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    pulse("lost", "not reachable");
  }
}

async function show() {
  const { ok, body: state } = await ask("/local/state");
  if (!ok) throw new Unreachable();
  showPayments(state.payments);
  showAccounts(state.demo);
  showMails(state.mails);
  showRequests(state.requests);
  await asked[shown()]?.(state);
}

function pulse(kind, text) {
  const place = byId("pulse");
  place.className = `pulse ${kind}`;
  if (place.textContent !== text) place.textContent = text;
}

byId("pause").addEventListener("click", ({ currentTarget }) => {
  paused = !paused;
  currentTarget.setAttribute("aria-pressed", String(paused));
  refresh();
});

startPayments(refresh);
startNegotiation(refresh);
startRequests();
startErrors(refresh);
startSecurity(refresh);
startMetrics(refresh);
startHealth();
startTabs(refresh);
setInterval(() => { if (!document.hidden && !paused) refresh(); }, POLL_MILLISECONDS);
