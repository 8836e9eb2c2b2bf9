// Hints that something changed; the page then asks for what it may see. One tab listens for all; without a stream every tab asks in turn.
import { trigger } from "./htmx-events.js";
import { say, shout, words } from "./words.js";

const POLL = 20_000;
const SILENT = 45_000;
const PAUSE = 1_000;
const waiting = new WeakSet();
const refreshedAt = new WeakMap();
const url = document.body.dataset.eventsUrl;
const channel = new BroadcastChannel("desk-hints");
const touch = matchMedia("(pointer: coarse)").matches;
const OPENED = "opened";
let toldAt = -SILENT;
let missed = true;
let reachable = true;

/** Refresh what carries this name; 'ticket:*' and other names ending in a star refresh all that begin so. */
export function changed(name) {
  const hit = name.endsWith("*") ? (own) => own.startsWith(name.slice(0, -1)) : (own) => own === name;
  for (const element of document.querySelectorAll("[data-live]")) {
    if (element.dataset.live.split(" ").some(hit)) refresh(element);
  }
}

/** Many hints at once are one refresh; what is pressed or marked at this moment stays as it is until it is let go. */
function refresh(element) {
  if (waiting.has(element)) return;
  const rest = (refreshedAt.get(element) ?? -PAUSE) + PAUSE - performance.now();
  const pause = Math.max(rest, held(element) ? PAUSE / 4 : 0);
  if (pause > 0) {
    waiting.add(element);
    setTimeout(() => waiting.delete(element) && refresh(element), pause);
  } else if (element.isConnected && !element.querySelector("[data-composer]")) {
    refreshedAt.set(element, performance.now());
    trigger(element, "live");
  }
}

function held(element) {
  const marked = getSelection();
  return element.matches(":active") || (!marked.isCollapsed && element.contains(marked.anchorNode));
}

/** A word of the stream, be it this tab's or another's. What was said before it opened may have been missed. */
function told(name) {
  toldAt = performance.now();
  reach(true);
  if (name === OPENED) missed = true;
  else if (name) changed(name);
}

channel.addEventListener("message", (event) => told(event.data));

function listen() {
  return new Promise((done) => {
    const stream = new EventSource(url);
    const pass = (name) => {
      channel.postMessage(name);
      told(name);
    };
    stream.addEventListener("open", () => pass(OPENED));
    stream.addEventListener("ping", () => pass(""));
    stream.addEventListener("message", (event) => pass(event.data));
    stream.addEventListener("error", () => stream.readyState === EventSource.CLOSED && done());
  });
}

function poll() {
  if (document.visibilityState !== "visible") return;
  if (!missed && performance.now() - toldAt < SILENT) return;
  missed = false;
  for (const element of document.querySelectorAll("[data-live][data-poll]")) refresh(element);
}

/** Both ways are closed: say so, and hold back what must not be lost. */
function reach(now) {
  if (now === reachable) return;
  reachable = now;
  const bar = document.getElementById("offline");
  if (bar) bar.hidden = now;
  for (const button of document.querySelectorAll("[data-needs-network]")) button.disabled = !now;
  if (now) say(words("online"));
  else shout(words("offline"));
}

document.addEventListener("desk:unreachable", () => reach(false));
document.addEventListener("desk:answered", (event) => event.detail.status && reach(true));
addEventListener("offline", () => reach(false));
addEventListener("online", () => reach(true));

async function lead() {
  for (;;) {
    await listen();
    await new Promise((wait) => setTimeout(wait, POLL));
  }
}

if (url && !touch) {
  if (navigator.locks) navigator.locks.request("desk-hints", lead);
  else lead();
}
setInterval(poll, POLL);
