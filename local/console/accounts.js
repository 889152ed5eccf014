// The demo accounts; a password is shown, or copied unseen, only when asked for.

import { make, notify, showList } from "./dom.js";

export function showAccounts(demo) {
  const accounts = Object.entries(demo?.accounts ?? {});
  showList("accounts", accounts, (entry) => JSON.stringify(entry), drawAccount);
}

function drawAccount([name, account]) {
  const secret = make("span", { class: "mono secret" }, "••••••••");
  const flip = make("button", { type: "button" });
  let revealed = true;
  const turn = () => {
    revealed = !revealed;
    secret.textContent = revealed ? account.password : "••••••••";
    flip.textContent = revealed ? "Hide" : "Reveal";
    flip.setAttribute("aria-label", `${flip.textContent} the password of ${name}`);
  };
  flip.addEventListener("click", turn);
  turn();
  const copy = (text, what, value) => make("button", {
    type: "button",
    "aria-label": `Copy ${what} of ${name}`,
    click: () => toClipboard(value, `${what} of ${name}`),
  }, text);
  const login = JSON.stringify({ email: account.email, password: account.password });
  return make("div", { class: "row account" },
    make("div", { class: "grow" },
      make("h3", {}, name),
      make("div", { class: "mono cut" }, account.email),
      secret),
    make("div", { class: "buttons" },
      flip,
      copy("Copy e-mail", "the e-mail address", account.email),
      copy("Copy password", "the password", account.password),
      copy("Copy login", "the body of a login", login)));
}

async function toClipboard(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    notify(`Copied ${what}.`);
  } catch {
    notify("The browser did not allow copying.", true);
  }
}
