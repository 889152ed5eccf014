// The mailbox: texts with their links, and attachments to save.

import { byId, clock, foldable, make, showList, span } from "./dom.js";

const MOST_SHOWN = 50; // what the system tells at most
const LINK = /https?:\/\/[^\s<>"')]+/g;

export function showMails(mails) {
  byId("mails-badge").textContent = mails.length >= MOST_SHOWN ? `${MOST_SHOWN}+` : String(mails.length);
  showList("mails", mails, (mail) => mail.number, drawMail);
}

function withLinks(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(end, found.index), make("a", { href: found[0], rel: "noreferrer", target: "_blank" }, found[0]));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}

function drawMail(mail) {
  const files = mail.attachments.length ? ` · ${mail.attachments.length} attached` : "";
  const summary = [span("strong cut", mail.subject), span("faint", clock(mail.at)), span("faint cut", mail.to + files)];
  return foldable("mail", summary, (inside) => {
    inside.append(make("pre", {}, ...withLinks(mail.text)), ...mail.attachments.map(drawAttachment));
  });
}

function drawAttachment(file) {
  const text = file.content_type.startsWith("text/");
  const bytes = text ? file.content : Uint8Array.from(atob(file.content), (sign) => sign.charCodeAt(0));
  const name = file.filename || "attachment";
  return make("div", { class: "attachment" },
    make("div", { class: "beside" },
      span("faint", `${name} · ${file.content_type}`),
      make("button", { type: "button", click: () => save(name, file.content_type, bytes) }, "Save")),
    make("pre", {}, text ? file.content : `${bytes.length} bytes`));
}

function save(name, type, content) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
