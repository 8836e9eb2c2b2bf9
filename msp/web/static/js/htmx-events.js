// The only module that knows the names of htmx's events.
import { csrfToken, say, shout, words } from "./words.js";
import { toast } from "./undo-toast.js";
import { openFragment } from "./dialogs.js";
import { seesNewest, showNewest } from "./thread.js";

const SENTENCES = { 404: "gone", 429: "slow" };

/** True while a peek is on its way: the focus then stays in the list. */
let peeking = false;
export function peek(link) {
  peeking = true;
  link.click();
}

/** True while the words of a ticket are asked for anew and its newest are in sight. */
let following = false;

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  event.target.closest?.("[data-optimistic]")?.closest("[data-row]")?.setAttribute("data-pending", "");
});

document.addEventListener("htmx:afterRequest", (event) => {
  event.target.closest?.("[data-row]")?.removeAttribute("data-pending");
  const detail = { element: event.target, status: event.detail.xhr?.status ?? 0, successful: event.detail.successful };
  document.dispatchEvent(new CustomEvent("desk:answered", { detail }));
});

document.addEventListener("htmx:beforeSwap", (event) => {
  following = event.detail.target.id === "ticket-story" && seesNewest(opened());
});

// A refusal that says where it belongs is shown there, whatever its status.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.xhr.getResponseHeader("HX-Retarget")) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  if (target.id === "dialog-slot") return openFragment(target);
  if (target.id === "detail") markOpened(event.detail.requestConfig?.elt);
  const asked = target.querySelector("[data-focus]");
  const opening = target.id === "detail" && (!asked || asked.matches("h1, h2"));
  (asked ?? (opening && !peeking ? heading(target) : null))?.focus();
  if (target.id === "detail") peeking = false;
  if (opening) target.scrollIntoView();
  if (opening || following) showNewest(opened());
});

document.addEventListener("htmx:responseError", (event) => {
  const code = event.detail.xhr.status;
  peeking = false;
  toast(words(SENTENCES[code] ?? "failed", { code }), "danger");
});

document.addEventListener("htmx:sendError", () => {
  peeking = false;
  shout(words("offline"));
  document.dispatchEvent(new CustomEvent("desk:unreachable"));
});

/** Send a fragment request as htmx would. */
export function request(verb, url, options) {
  return window.htmx.ajax(verb, url, options);
}

/** Fire the event an element's hx-trigger names. */
export function trigger(element, name) {
  window.htmx.trigger(element, name);
}

/** Let htmx know of HTML that did not come through it. */
export function process(element) {
  window.htmx?.process(element);
}

function opened() {
  return document.getElementById("detail");
}

function heading(target) {
  const found = target.querySelector("h1, h2");
  found?.setAttribute("tabindex", "-1");
  return found;
}

function markOpened(link) {
  if (!link?.matches?.("[data-row] a")) return;
  for (const other of document.querySelectorAll("[data-row] a[aria-current]")) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  link.closest("[data-row]").classList.remove("is-unread");
  if (peeking) say(link.dataset.title ?? link.textContent);
}
