"use strict";
/* Checks a credential's ledger entry where the reader is: hashes the text that the page shows and compares it with the leaf that the ledger counts. */
const verification = document.getElementById("verification");
if (verification) {
  const { dataset } = verification;
  const say = (sentence, icon, css) => {
    verification.className = `status ${css}`;
    verification.querySelector("use").setAttribute("href", `#i-${icon}`);
    verification.querySelector("svg").setAttribute("class", "icon");
    verification.lastElementChild.textContent = sentence;
  };
  const verify = async () => {
    if (!globalThis.crypto?.subtle) {              // browsers hash only on pages that came over https
      say(dataset.unable, "alert", "is-warn");
      return;
    }
    say(dataset.checking, "clock", "is-idle");
    const entry = new TextEncoder().encode(document.getElementById(dataset.entry).textContent);
    const leaf = new Uint8Array(entry.length + 1); // RFC 6962: a leaf's hash begins with a zero byte
    leaf.set(entry, 1);
    const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", leaf))].map(byte => byte.toString(16).padStart(2, "0")).join("");
    hash === dataset.leaf ? say(dataset.verified, "check", "is-ok") : say(dataset.differs, "cross", "is-bad");
  };
  verify().catch(() => say(dataset.unable, "alert", "is-warn"));
}
