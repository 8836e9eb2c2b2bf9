// Moving through the queue, picking rows, copying a number.
import { peek } from "./htmx-events.js";
import { say, words } from "./words.js";

const rows = () => [...document.querySelectorAll("[data-list] [data-row]")];
const link = (row) => row?.querySelector("a");
const pick = (row) => row?.querySelector(".ticket-pick");
const inList = () => Boolean(document.activeElement?.closest("[data-list]"));

function current() {
  return document.activeElement?.closest("[data-row]") ?? document.querySelector('[data-row]:has(a[aria-current="true"])');
}

function neighbour(step) {
  const all = rows();
  const here = all.indexOf(current());
  return here < 0 ? all[0] : all[here + step];
}

// In the list only the focus moves; while reading a ticket its neighbour opens.
function move(step) {
  const to = neighbour(step);
  if (!to) return;
  const reading = !inList() && Boolean(current());
  link(to).focus({ preventScroll: reading });
  to.scrollIntoView({ block: "nearest" });
  if (reading) link(to).click();
}

function extend(step) {
  const here = current();
  const to = neighbour(step);
  for (const row of [here, to]) if (pick(row)) pick(row).checked = true;
  link(to)?.focus();
  showPicked();
}

function open() {
  const to = link(current());
  if (!to) return;
  if (to.dataset.fullUrl) location.assign(to.dataset.fullUrl);
  else to.click();
}

function selectAll() {
  for (const row of rows()) if (pick(row)) pick(row).checked = true;
  showPicked();
  const more = document.querySelector("[data-bulk-all]");
  if (more) more.hidden = false;
}

function toggle() {
  const box = pick(current());
  if (!box) return;
  box.checked = !box.checked;
  showPicked();
}

/** The bar at the bottom says how many, and of which clients. */
function showPicked() {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const picked = rows().filter((row) => pick(row)?.checked);
  const clients = [...new Set(picked.map((row) => row.dataset.clientName))];
  const count = words("selected", { n: picked.length });
  bar.hidden = picked.length === 0;
  bar.querySelector("[data-bulk-count]").textContent = count;
  bar.querySelector("[data-bulk-clients]").textContent = clients.join(", ");
  bar.dataset.clients = String(clients.length);
  for (const single of bar.querySelectorAll("[data-one-client]")) single.disabled = clients.length > 1;
  say(`${count} ${clients.join(", ")}`);
}

function clear() {
  for (const row of rows()) if (pick(row)) pick(row).checked = false;
  const more = document.querySelector("[data-bulk-all]");
  if (more) more.hidden = true;
  showPicked();
}

let copiedAt = 0;

async function copy() {
  const ticket = document.querySelector("[data-ticket]");
  const row = current();
  const number = ticket?.dataset.ticket ?? row?.dataset.number;
  if (!number) return;
  const title = ticket?.dataset.title ?? link(row)?.dataset.title ?? "";
  const address = new URL(ticket?.dataset.url ?? link(row)?.href ?? location.href, location.href).href;
  const text = Date.now() - copiedAt < 1000 ? `${number} ${title} ${address}` : number;
  copiedAt = Date.now();
  await navigator.clipboard.writeText(text);
  say(words("copied", { text }));
}

function back() {
  link(current() ?? rows()[0])?.focus();
}

const VERBS = {
  next: () => move(1),
  previous: () => move(-1),
  open,
  peek: () => current() && peek(link(current())),
  select: toggle,
  "extend-next": () => extend(1),
  "extend-previous": () => extend(-1),
  "select-all": selectAll,
  back,
  copy,
};
const WITHOUT_LIST = new Set(["copy"]);

document.addEventListener("desk:command", (event) => {
  const { command } = event.detail;
  if (!Object.hasOwn(VERBS, command) || (!rows().length && !WITHOUT_LIST.has(command))) return;
  VERBS[command]();
  event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.(".ticket-pick")) showPicked();
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-bulk-clear]")) clear();
});
