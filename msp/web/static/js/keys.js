// The keyboard map. A key becomes a command; a command goes to whoever listens for it, else to the element that carries its name.

const PLAIN = {
  j: "next", k: "previous", " ": "peek", x: "select", J: "extend-next", K: "extend-previous", a: "assign", i: "assign-me", t: "timer",
  z: "undo", u: "back", r: "reply", n: "note", e: "solve", h: "snooze", s: "state", p: "priority", l: "label", m: "merge",
  ".": "copy", "?": "help", "/": "search", Enter: "open", ArrowDown: "next", ArrowUp: "previous",
};
const AFTER_G = { d: "go-due", m: "go-mine", u: "go-unassigned", c: "client-filter" };
const HELD = new Set(["next", "previous", "extend-next", "extend-previous"]);
const WAIT_FOR_SECOND = 1500;

/** True while an input method owns the key: nothing may act on it. */
export const composing = (event) => event.isComposing || event.keyCode === 229;

/** The character meant: `key` where it is plain, else the place of the key on the board (kana layouts, full-width letters). */
export function letter(event) {
  const { key, code } = event;
  if (key in PLAIN || /^[\x20-\x7e]$/.test(key) || !code) return key;
  const place = /^(?:Key([A-Z])|Digit(\d))$/.exec(code);
  if (!place) return code === "Slash" && key.length === 1 ? (event.shiftKey ? "?" : "/") : code === "Period" && key.length === 1 ? "." : key;
  if (key.length > 1 && key !== "Process" && key !== "Unidentified") return key;
  return place[2] ?? (event.shiftKey ? place[1] : place[1].toLowerCase());
}

/**
 * What a key press asks for: a command's name or null, and whether a `G` now waits for its second key.
 * `place`: { typing, composer, list, interactive, single } - where the focus is, and whether single keys are on.
 */
export function commandFor(event, waiting, place) {
  if (composing(event)) return { command: null, waiting };
  const control = event.ctrlKey || event.metaKey;
  const key = letter(event);
  if (control && !event.altKey) return { command: withControl(key, event, place), waiting: false };
  if (control || event.altKey || place.typing || !place.single) return { command: null, waiting: false };
  if (waiting) return { command: AFTER_G[key] ?? (/^[1-9]$/.test(key) ? `view-${key}` : null), waiting: false };
  if (key === "g") return { command: null, waiting: true };
  const command = Object.hasOwn(PLAIN, key) ? PLAIN[key] : null;
  if (event.repeat && !HELD.has(command)) return { command: null, waiting: false };
  if (key.startsWith("Arrow") && !place.list) return { command: null, waiting: false };
  if ((key === "Enter" || key === " ") && place.interactive && !place.list) return { command: null, waiting: false };
  return { command, waiting: false };
}

function withControl(key, event, place) {
  const low = key.toLowerCase();
  if (low === "k" && !event.shiftKey) return "palette";
  if (key === "Enter" && place.composer) return event.shiftKey ? "send-solve" : "send";
  if (low === "a" && place.list && !place.typing) return "select-all";
  if (/^[1-9]$/.test(key) && !place.typing) return `view-${key}`;
  return null;
}

function placeOf(target) {
  const within = (selector) => Boolean(target.closest?.(selector));
  return {
    typing: within('textarea, select, [contenteditable="true"], input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"])'),
    composer: within("[data-composer]"),
    list: within("[data-list]"),
    interactive: within("a, button, input, summary, [role=separator], [tabindex='0']"),
    single: document.body.dataset.keys !== "off" && !document.querySelector("dialog[open]"),
  };
}

const visible = (element) => element.getClientRects().length > 0 && !element.disabled;

/** Carry out a command; answers whether anybody did. */
export function run(command, scope = document) {
  if (!document.dispatchEvent(new CustomEvent("desk:command", { detail: { command, scope }, cancelable: true }))) return true;
  const bearer = [...scope.querySelectorAll(`[data-command="${command}"]`)].find(visible);
  if (!bearer) return false;
  if (bearer.matches("textarea, select, input:not([type=checkbox], [type=radio])")) bearer.focus();
  else bearer.click();
  return true;
}

let waiting = false;
let forget;

document.addEventListener("keydown", (event) => {
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.key === "Enter" && composing(event) && target.matches("input")) return event.preventDefault();
  if (event.defaultPrevented) return;
  const answer = commandFor(event, waiting, placeOf(target));
  waiting = answer.waiting;
  clearTimeout(forget);
  if (waiting) forget = setTimeout(() => (waiting = false), WAIT_FOR_SECOND);
  if (!answer.command) return;
  const scope = answer.command.startsWith("send") ? target.closest("[data-composer]") : document;
  if (run(answer.command, scope)) event.preventDefault();
});
