// Short messages, some with a way back.
import { request } from "./htmx-events.js";
import { say, shout, words } from "./words.js";

const STAY = 6000;
const region = () => document.getElementById("toasts");

/** Show a sentence. kind: '' | 'danger' (stays until dismissed). */
export function toast(text, kind = "") {
  const box = document.createElement("div");
  box.className = kind ? `toast toast-${kind}` : "toast";
  box.dataset.toast = "";
  const sentence = document.createElement("span");
  sentence.className = "text";
  sentence.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast-button";
  close.dataset.toastClose = "";
  close.textContent = "×";
  close.setAttribute("aria-label", words("dismiss"));
  box.append(sentence, close);
  region()?.append(box);
}

function start(box) {
  if (box.dataset.started) return;
  box.dataset.started = "true";
  const danger = box.classList.contains("toast-danger");
  (danger ? shout : say)(box.querySelector(".text").textContent);
  const { toastKey: key } = box.dataset;
  if (key) for (const other of region().querySelectorAll(`[data-toast-key="${CSS.escape(key)}"]`)) if (other !== box) other.remove();
  if (box.dataset.undo) countDown(box, Number(box.dataset.undoSeconds ?? 10));
  else if (!danger) fade(box);
}

// The server keeps the real deadline; what is shown here only counts along with it.
function countDown(box, seconds) {
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0 || !box.isConnected) return box.remove();
    box.querySelector("[data-undo-left]").textContent = words("seconds", { s: left });
    setTimeout(tick, 250);
  };
  tick();
}

function fade(box) {
  const held = box.matches(":hover, :focus-within");
  setTimeout(() => (held || box.matches(":hover, :focus-within") ? fade(box) : box.remove()), STAY);
}

async function undo(box) {
  const button = box.querySelector("[data-undo-button]");
  button.disabled = true;
  await request("POST", box.dataset.undo, { target: "#toasts", swap: "beforeend", source: box });
  box.remove();
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-toast]");
  if (!box) return;
  if (event.target.closest("[data-undo-button]")) undo(box);
  if (event.target.closest("[data-toast-close]")) box.remove();
});

document.addEventListener("desk:command", (event) => {
  const newest = [...document.querySelectorAll("[data-toast][data-undo]")].at(-1);
  if (event.detail.command !== "undo" || !newest) return;
  undo(newest);
  event.preventDefault();
});

if (region()) {
  new MutationObserver(() => region().querySelectorAll("[data-toast]").forEach(start)).observe(region(), { childList: true, subtree: true });
  region().querySelectorAll("[data-toast]").forEach(start);
}
