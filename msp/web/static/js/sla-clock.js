// SLA chips and ages, once a minute. The server knows the calendar; here only what it said is counted on.
import { span, words } from "./words.js";

const MINUTE = 60_000;
const SHAPES = {
  track: "M5 .5a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9Z",
  risk: "M5 .6 9.800 9.400H.2Z",
  breach: "M5 0 10 5 5 10 0 5Z",
};
const seconds = (text) => Date.parse(text) / 1000;

/**
 * Open time left at `now`, in seconds. It runs from `asOf` to `closes` and again from `opens`; without those it runs on.
 * Never more than the wall clock leaves.
 */
export function leftAt(now, { due, asOf, left, closes = Infinity, opens = Infinity }) {
  const until = opens < closes ? asOf : closes;
  const used = Math.max(0, Math.min(now, until) - asOf) + Math.max(0, now - opens);
  const remains = left - used;
  if (left < 0) return remains;
  return now < due ? Math.max(0, Math.min(remains, due - now)) : Math.min(remains, 0);
}

/** Below a quarter of the target or an hour, whichever is longer, but never more than half of it. */
export function stateOf(left, target) {
  if (left < 0) return "breach";
  const edge = target ? Math.min(target / 2, Math.max(target / 4, 3600)) : 3600;
  return left < edge ? "risk" : "track";
}

export function sentence(left) {
  const way = left >= 0 ? "left" : "over";
  return Math.abs(left) < 60 ? words(`${way}Soon`) : words(way, { time: span(left) });
}

function tickChip(chip, now) {
  const said = chip.dataset;
  const left = leftAt(now, {
    due: seconds(said.due),
    asOf: seconds(said.asOf),
    left: Number(said.left),
    closes: said.closes ? seconds(said.closes) : undefined,
    opens: said.opens ? seconds(said.opens) : undefined,
  });
  const state = stateOf(left, Number(said.target ?? 0));
  chip.querySelector("[data-sla-words]").textContent = sentence(left);
  if (said.target === undefined && left >= 0) return;
  for (const name of Object.keys(SHAPES)) chip.classList.toggle(`sla-${name}`, name === state);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[state]);
  path.setAttribute("fill", "currentColor");
  chip.querySelector(".shape").replaceChildren(path);
}

function tickAge(time, now) {
  const passed = now - seconds(time.dateTime);
  if (passed >= 86_400) {
    time.textContent = time.title || time.textContent;
    delete time.dataset.ago;
  } else if (passed >= 60) {
    const whole = passed >= 3600 ? passed - (passed % 3600) : passed;
    time.textContent = words("ago", { time: span(whole) });
  }
}

// The machine's clock may be wrong; the server's, read when the page came, is not.
const served = document.querySelector("[data-sla][data-as-of]");
const skew = served ? Math.round(Date.now() / 1000 - seconds(served.dataset.asOf) - performance.now() / 1000) : 0;
const trusted = Math.abs(skew) > 120 ? skew : 0;

function tick() {
  const now = Math.floor(Date.now() / 1000) - trusted;
  for (const chip of document.querySelectorAll("[data-sla]")) tickChip(chip, now);
  for (const time of document.querySelectorAll("time[data-ago]")) tickAge(time, now);
}

setInterval(tick, MINUTE);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tick());
