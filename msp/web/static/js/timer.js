// The running timer in the top bar: the server keeps its start, here it ticks. And what a form offers for worked minutes.
import { say, words } from "./words.js";

const LONG = 2 * 3600;
const MINUTE = 60_000;
let warned = false;

/** What stands on the server now: seconds counted when the chip was written, and those since. */
export function counted(timer, now) {
  timer.readAt ??= now;
  return Number(timer.dataset.seconds) + ("running" in timer.dataset ? Math.max(0, Math.floor((now - timer.readAt) / 1000)) : 0);
}

export const clock = (minutes) => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;

/** Billable minutes offered for worked ones: the kind's minimum, then its step. */
export function offered(minutes, step, minimum) {
  if (!(minutes > 0)) return 0;
  const least = Math.max(minutes, minimum || 0);
  return Math.ceil(least / (step || 1)) * (step || 1);
}

function tick() {
  for (const timer of document.querySelectorAll("[data-timer]")) {
    const passed = counted(timer, Date.now());
    timer.querySelector("[data-timer-text]").textContent = clock(Math.floor(passed / 60));
    if (passed < LONG || !("running" in timer.dataset)) continue;
    timer.dataset.long = "";
    timer.title = words("timerLong");
    if (!warned) say(words("timerLong"));
    warned = true;
  }
}

tick();
setInterval(tick, MINUTE / 6);
const slot = document.getElementById("timer");
if (slot) new MutationObserver(tick).observe(slot, { childList: true });

// T is about the ticket in view before it is about the timer in the bar.
document.addEventListener("desk:command", (event) => {
  if (event.detail.command !== "timer") return;
  const own = [...document.querySelectorAll(".work-button [data-command=timer]")].find((one) => one.getClientRects().length);
  if (!own) return;
  event.preventDefault();
  own.click();
});

// Until somebody types the billable minutes himself they follow the worked ones and the kind of work.
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-offer]");
  if (!form) return;
  const to = form.querySelector("[data-offer-to]");
  if (event.target === to) to.dataset.typed = "";
  if ("typed" in to.dataset) return;
  const kind = form.querySelector("[data-offer-by]").selectedOptions[0];
  const minutes = Number(form.querySelector("[data-offer-from]").value);
  if (Number.isInteger(minutes)) to.value = offered(minutes, Number(kind?.dataset.step), Number(kind?.dataset.minimum));
});

// A proposal is stretched before it is taken: earlier at its begin, longer at its end.
document.addEventListener("click", (event) => {
  const by = event.target.closest?.("[data-stretch]");
  if (by) stretch(by.closest("[data-span]"), Number(by.dataset.stretch));
});

function stretch(span, minutes) {
  const begin = span.querySelector("[data-span-begin]");
  const end = span.querySelector("[data-span-end]");
  const moved = minutes < 0 ? begin : end;
  const to = Date.parse(moved.value) + minutes * MINUTE;
  if (minutes > 0 && to > Date.now()) return;
  moved.value = `${new Date(to).toISOString().slice(0, 19)}Z`;
  const text = span.querySelector("[data-span-text]");
  const here = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: text.dataset.zone });
  text.textContent = `${here.format(Date.parse(begin.value))}–${here.format(Date.parse(end.value))}`;
  const length = clock(Math.ceil((Date.parse(end.value) - Date.parse(begin.value)) / MINUTE));
  span.querySelector("[data-span-length]").textContent = length;
  say(`${text.textContent} ${length}`);
}
