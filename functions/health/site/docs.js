// Configures the UI of the API reference. Neither asks another host.
"use strict";

// Answers of the gateway itself, which no operation lists.
const GATEWAY_CODES = {
  method_not_allowed: [405, "The resource does not have this method. `Allow` names those that it has."],
  refused: [431, "The gateway refused the request. Its headers may be larger than 10 KB in all."],
};

// A list of all problem codes: the `type` of a problem, /docs#<code>, leads to its entry.
function problemCodes(operations) {
  const codes = { ...GATEWAY_CODES };
  for (const operation of operations) {
    for (const [status, { description }] of Object.entries(operation.responses)) {
      for (const [, code, title] of description.matchAll(/`([a-z_]+)`: (.+?\.)(?= `|$)/g)) codes[code] ??= [status, title];
    }
  }
  return Object.keys(codes).sort().map((code) => `- \`${code}\` (${codes[code].join("): ")}`).join("\n");
}

function showCode(wanted) {
  const codes = [...document.querySelectorAll("#reference li > code:first-child")];
  codes.find((code) => code.textContent === wanted)?.scrollIntoView({ block: "center" });
}

async function start() {
  const api = await (await fetch("openapi.json")).json();
  const operations = Object.values(api.paths).flatMap((item) => Object.values(item));
  for (const operation of operations) {
    operation["x-badges"] = operation["x-greenroom"].access.map((name) => ({ name }));
  }
  api.info.title = document.title;
  api.info.description += ` This page shows [openapi.json](openapi.json).\n\n# Problem codes\n\n${problemCodes(operations)}`;
  const wanted = location.hash.slice(1);
  if (/^[a-z_]+$/.test(wanted)) history.replaceState(null, "", location.pathname); // no place that the UI knows
  Scalar.createApiReference("#reference", {
    content: api,
    agent: { disabled: true },
    mcp: { disabled: true },
    telemetry: false,
    withDefaultFonts: false,
    hideClientButton: true,
    showDeveloperTools: "never",
    documentDownloadType: "none",
    persistAuth: false,
    featuredClients: ["shell/curl", "python/requests", "js/fetch"],
    defaultHttpClient: { targetKey: "shell", clientKey: "curl" }, // pragma: allowlist secret
    setPageTitle: () => document.title,
    customCss: "#reference header > span { overflow: hidden; text-overflow: ellipsis }", // else wider than a phone
    onLoaded: () => requestAnimationFrame(() => showCode(wanted)),
  });
}

start().catch((error) => {
  document.getElementById("reference").textContent = `The reference cannot be shown: ${error.message}`;
});
