// Writing an answer: drafts, the two kinds, sending.
import { ask } from "./dialogs.js";
import { process } from "./htmx-events.js";
import { post, words } from "./words.js";

const IDLE = 800;
const waiting = new WeakMap();
const saved = new WeakMap();
const underway = new WeakMap();
const PATIENCE = 2000;

const composerOf = (element) => element.closest?.("[data-composer]");
const text = (composer) => composer.querySelector("[data-composer-body]").value;

/** What a draft holds: everything but files. */
function fields(composer) {
  const all = new FormData(composer);
  for (const [name, value] of [...all]) if (value instanceof File) all.delete(name);
  return all;
}

const fingerprint = (all) => JSON.stringify([...all].filter(([name]) => !name.endsWith("token")));

function show(composer, sentence) {
  const status = composer.querySelector("[data-composer-status]");
  if (status) status.textContent = sentence;
}

async function save(composer) {
  clearTimeout(waiting.get(composer));
  waiting.delete(composer);
  const all = fields(composer);
  const now = fingerprint(all);
  if (!composer.isConnected || composer.dataset.sent !== undefined || saved.get(composer) === now) return;
  show(composer, words("draftSaving"));
  try {
    const asked = post(composer.dataset.draftUrl, all);
    underway.set(composer, asked);
    const answer = await asked.finally(() => underway.delete(composer));
    if (!answer.ok) throw new Error(String(answer.status));
    saved.set(composer, now);
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    show(composer, words("draftSaved", { time }));
  } catch {
    show(composer, words("draftFailed"));
    later(composer, 10 * IDLE);
  }
}

function later(composer, delay = IDLE) {
  clearTimeout(waiting.get(composer));
  waiting.set(composer, setTimeout(() => save(composer), delay));
}

async function turn(composer, kind) {
  if (composer.dataset.kind !== kind) {
    // Text written for colleagues must not become a letter to the client by one press.
    if (kind === "reply" && text(composer).trim() && !(await ask(words("noteToReply"), words("turnToReply")))) return;
    if (waiting.has(composer)) save(composer);
    composer.dataset.kind = kind;
    composer.elements.kind.value = kind;
    for (const button of composer.querySelectorAll("[data-composer-kind]")) {
      button.setAttribute("aria-pressed", String(button.dataset.composerKind === kind));
    }
    if (text(composer).trim()) later(composer);
  }
  composer.querySelector("[data-composer-body]").focus();
}

async function check(composer) {
  const slot = composer.querySelector("[data-composer-warning]");
  if (!composer.dataset.warningUrl || !slot) return;
  const answer = await post(composer.dataset.warningUrl, fields(composer)).catch(() => null);
  if (!answer?.ok || !composer.isConnected) return;
  slot.innerHTML = await answer.text();
  process(slot);
}

document.addEventListener("input", (event) => {
  const composer = composerOf(event.target);
  if (composer) later(composer);
});

document.addEventListener("focusout", (event) => {
  const composer = composerOf(event.target);
  if (composer && waiting.has(composer) && !composer.contains(event.relatedTarget)) save(composer);
});

document.addEventListener("paste", (event) => {
  const composer = composerOf(event.target);
  if (composer) setTimeout(() => check(composer));
});

document.addEventListener("change", (event) => {
  const composer = composerOf(event.target);
  if (composer && event.target.matches('[type="file"]')) check(composer);
});

document.addEventListener("click", (event) => {
  const kind = event.target.closest?.("[data-composer-kind]");
  if (kind) turn(composerOf(kind), kind.dataset.composerKind);
});

// Heard on the way down: the form must carry its last word before htmx reads it.
function lastWord(event) {
  const composer = composerOf(event.target);
  if (!composer) return;
  if (!text(composer).trim() || composer.dataset.sent !== undefined) {
    event.preventDefault();
    event.stopImmediatePropagation();
    composer.querySelector("[data-composer-body]").focus();
    return;
  }
  clearTimeout(waiting.get(composer));
  waiting.delete(composer);
  if (underway.has(composer)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    afterDraft(composer, event.submitter);
    return;
  }
  composer.elements.then.value = event.submitter?.dataset.then ?? "";
  composer.dataset.sent = "";
}
document.addEventListener("submit", lastWord, true);

/** A draft that arrived behind its letter would stand in the next composer as if it had never been sent. */
async function afterDraft(composer, submitter) {
  const asked = underway.get(composer).catch(() => null);
  await Promise.race([asked, new Promise((done) => setTimeout(done, PATIENCE))]);
  underway.delete(composer);
  composer.requestSubmit(submitter);
}

// A refused send leaves the text where it is, and drafts go on.
document.addEventListener("desk:answered", (event) => {
  const composer = composerOf(event.detail.element);
  if (composer && (!event.detail.successful || event.detail.status >= 400)) delete composer.dataset.sent;
});

addEventListener("pageshow", (event) => {
  if (event.persisted) for (const composer of document.querySelectorAll("[data-composer]")) delete composer.dataset.sent;
});

addEventListener("pagehide", () => {
  for (const composer of document.querySelectorAll("[data-composer]")) {
    if (waiting.has(composer) && composer.dataset.sent === undefined) navigator.sendBeacon(composer.dataset.draftUrl, fields(composer));
  }
});
