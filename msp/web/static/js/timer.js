// The running timer in the top bar. The server keeps its start; here it is only read.
import { say, words } from "./words.js";

const LONG = 2 * 3600;
let warned = false;

function tick() {
  for (const timer of document.querySelectorAll("[data-timer]")) {
    const passed = Math.max(0, Math.floor((Date.now() - Date.parse(timer.dataset.started)) / 1000));
    const minutes = Math.floor(passed / 60);
    timer.querySelector("[data-timer-text]").textContent = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    if (passed < LONG) continue;
    timer.dataset.long = "";
    timer.title = words("timerLong");
    if (!warned) say(words("timerLong"));
    warned = true;
  }
}

tick();
setInterval(tick, 10_000);
const slot = document.getElementById("timer");
if (slot) {
  new MutationObserver(() => {
    warned = false;
    tick();
  }).observe(slot, { childList: true });
}
