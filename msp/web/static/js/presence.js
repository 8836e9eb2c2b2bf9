// Who else is here: this page says "viewing" or "typing" every ten seconds while it is looked at, and shows what comes back.
import { request } from "./htmx-events.js";

const EVERY = 10_000;
let typedAt = -Infinity;

function beat() {
  if (document.visibilityState !== "visible") return;
  const state = performance.now() - typedAt < EVERY ? "typing" : "viewing";
  for (const slot of document.querySelectorAll("[data-presence-url]")) {
    request("POST", slot.dataset.presenceUrl, { target: slot, swap: "innerHTML", source: slot, values: { state } });
  }
}

document.addEventListener("input", (event) => {
  if (event.target.closest?.("[data-composer]")) typedAt = performance.now();
});

setInterval(beat, EVERY);
addEventListener("load", () => setTimeout(beat, 500));
