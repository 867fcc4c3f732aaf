"use strict";
/* Shows what verify.js finds: a proof in its place on the page, and whether a log continues a checkpoint that somebody kept. Its words come from the page. */

const proofWords = document.getElementById("proof-words")?.content;
const sentenceOf = (name, ...values) => proofWords.querySelector(`[data-word="${name}"]`).textContent
  .replace(/\{(\d)\}/g, (_, i) => values[i]?.standing ? sentenceOf(`standing-${values[i].standing}`) : values[i]);

const showVerdict = (line, name, icon, css, ...values) => {
  line.className = `status ${css}`;
  line.querySelector("use").setAttribute("href", `#i-${icon}`);
  line.querySelector("svg").setAttribute("class", "icon");
  line.lastElementChild.textContent = line.dataset[name].replace(/\{(\d)\}/g, (_, i) => values[i]);
};
const listInto = (list, sentences) => list.replaceChildren(...sentences.map(sentence => {
  const line = document.createElement("li");
  line.textContent = sentenceOf(...sentence);
  return line;
}));
const keysFor = part => part.dataset.keys ? part.dataset.keys.split(" ") : [];

const verifyProof = async part => {
  const line = part.querySelector("[data-verdict]");
  try {
    showVerdict(line, "checking", "clock", "is-idle");
    const answer = await fetch(part.dataset.proof, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const found = await ledgerProofs.bundle(new Uint8Array(await answer.arrayBuffer()), keysFor(part));
    if (found.broken === null && found.award !== part.dataset.award) found.broken = sentenceOf("another-award");
    if (found.broken !== null) showVerdict(line, "broken", "cross", "is-bad", found.broken);
    else if (!found.isSigned) showVerdict(line, "unsigned", "alert", "is-warn");
    else showVerdict(line, "verified", "check", "is-ok");
    if (found.broken === null) {
      listInto(part.querySelector("[data-holds]"), found.holds);
      listInto(part.querySelector("[data-open]"), found.open);
      part.querySelector("[data-found]").hidden = false;
    }
  } catch {                                       // no network, or a browser without what it takes
    showVerdict(line, "unable", "alert", "is-warn");
  }
};

const getText = async address => {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new TypeError(answer.status);
  return answer.text();
};

const compareCheckpoint = async (form, line) => {
  const { log } = form.dataset, keys = keysFor(form);
  const say = (...verdict) => showVerdict(line, ...verdict);
  let kept;
  try {
    kept = await ledgerProofs.checkpoint(ledgerProofs.tidy(form.elements.kept.value), keys);
  } catch (problem) {
    if (!(problem instanceof ledgerProofs.Broken)) throw problem;
    say("foreign", "cross", "is-bad", problem.message);
    return;
  }
  const newest = await ledgerProofs.checkpoint(await getText(`${log}/checkpoint`), keys);
  const sizes = [kept.size, newest.size].map(size => size.toLocaleString(document.documentElement.lang));
  if (kept.size > newest.size) {
    say("shorter", "cross", "is-bad", ...sizes);
    return;
  }
  const { proof } = JSON.parse(await getText(`${log}/consistency/${kept.size}/${newest.size}`));
  const path = proof.map(hash => ledgerProofs.hashOf(hash) ?? new Uint8Array());
  if (!await ledgerProofs.isConsistent(kept.root, kept.size, newest.root, newest.size, path)) say("differs", "cross", "is-bad", ...sizes);
  else if (!kept.isSigned || !newest.isSigned) say("unsigned", "alert", "is-warn", ...sizes);
  else say(kept.size === newest.size ? "same" : "continues", "check", "is-ok", ...sizes);
};

const startProofs = root => root.querySelectorAll("[data-proof]").forEach(verifyProof);
startProofs(document);
document.addEventListener("renewed", event => startProofs(event.target));

const comparison = document.querySelector("form[data-log]");
if (comparison) {
  const line = document.getElementById("compared");
  comparison.hidden = false;
  comparison.addEventListener("submit", async event => {
    event.preventDefault();
    line.hidden = false;
    showVerdict(line, "checking", "clock", "is-idle");
    await compareCheckpoint(comparison, line).catch(problem => showVerdict(line, problem instanceof ledgerProofs.Broken ? "newest" : "failed", "alert", "is-warn", problem.message));
  });
}
