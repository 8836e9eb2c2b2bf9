// The frame's moving parts: the rail, the context drawer, the width of the list, tabs that are wider than a phone. Widths are kept on this machine; they tell nothing of any client.

const root = document.documentElement;
const narrow = matchMedia("(max-width: 1099px)");
const LEAST = 340;
const MOST = 420;

function toggleRail() {
  const closed = narrow.matches ? root.dataset.rail !== "open" : root.dataset.rail === "closed";
  root.dataset.rail = closed ? "open" : "closed";
  if (!narrow.matches) localStorage.setItem("rail", root.dataset.rail);
  mark();
}

function mark() {
  const open = narrow.matches ? root.dataset.rail === "open" : root.dataset.rail !== "closed";
  for (const button of document.querySelectorAll("[data-rail-toggle]")) button.setAttribute("aria-expanded", String(open));
}

function widen(sizer, width) {
  const kept = Math.round(Math.min(MOST, Math.max(LEAST, width)));
  root.style.setProperty("--list-width", `${kept}px`);
  sizer.setAttribute("aria-valuenow", String(kept));
  localStorage.setItem("list-width", String(kept));
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-rail-toggle]")) return toggleRail();
  if (event.target.closest?.("[data-context-toggle]")) {
    root.dataset.context = root.dataset.context === "open" ? "closed" : "open";
    return;
  }
  if (root.dataset.rail === "open" && narrow.matches && !event.target.closest?.("#rail")) toggleRail();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    if (root.dataset.context === "open") root.dataset.context = "closed";
    if (root.dataset.rail === "open" && narrow.matches) toggleRail();
  }
  const sizer = event.target.closest?.("[data-sizer]");
  const step = { ArrowLeft: -10, ArrowRight: 10 }[event.key];
  if (sizer && step) {
    widen(sizer, Number(sizer.getAttribute("aria-valuenow")) + step);
    event.preventDefault();
  }
});

document.addEventListener("pointerdown", (event) => {
  const sizer = event.target.closest?.("[data-sizer]");
  if (!sizer) return;
  const left = sizer.parentElement.getBoundingClientRect().left;
  const move = (moved) => widen(sizer, moved.clientX - left);
  sizer.setPointerCapture(event.pointerId);
  sizer.addEventListener("pointermove", move);
  sizer.addEventListener("pointerup", () => sizer.removeEventListener("pointermove", move), { once: true });
});

if (!narrow.matches && localStorage.getItem("rail") === "closed") root.dataset.rail = "closed";
narrow.addEventListener("change", () => {
  delete root.dataset.rail;
  mark();
});
const sizer = document.querySelector("[data-sizer]");
const kept = Number(localStorage.getItem("list-width"));
if (sizer && kept) widen(sizer, kept);
for (const here of document.querySelectorAll(":is(.tabs, .portal-nav) > [aria-current]")) here.scrollIntoView({ block: "nearest", inline: "center" });
mark();
