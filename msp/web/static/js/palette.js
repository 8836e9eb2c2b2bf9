// The command palette: typed text goes to the server, arrows choose, Enter opens.
import { composing } from "./keys.js";
import { process } from "./htmx-events.js";
import { say, words } from "./words.js";

const WAIT = 120;
let timer;
let running;

const palette = () => document.getElementById("palette");
const options = () => [...palette().querySelectorAll(".palette-option")];

document.addEventListener("click", (event) => {
  if (event.target.closest?.('[data-command="palette"]')) open();
  const option = event.target.closest?.("[data-palette] .palette-option");
  if (option) follow(option, event);
});

function open() {
  const dialog = palette();
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.querySelector("[data-palette-input]").select();
  ask("");
}

// A link to "#name" is a command of this page; other links leave it.
function follow(option, event) {
  const command = option.getAttribute("href").startsWith("#") ? option.getAttribute("href").slice(1) : null;
  palette().close();
  if (!command) return;
  event.preventDefault();
  import("./keys.js").then(({ run }) => run(command));
}

async function ask(text) {
  const dialog = palette();
  if (!dialog.dataset.url) return;
  running?.abort();
  running = new AbortController();
  const url = new URL(dialog.dataset.url, location.href);
  url.searchParams.set("q", text);
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin", signal: running.signal });
    if (answer.ok) show(await answer.text());
  } catch (problem) {
    if (problem.name !== "AbortError") show("");
  }
}

function show(html) {
  const results = palette().querySelector("[data-palette-results]");
  results.innerHTML = html;
  process(results);
  const found = options();
  found.forEach((option, index) => (option.id ||= `palette-option-${index}`));
  choose(found[0]);
  if (!found.length) {
    const empty = document.createElement("div");
    empty.className = "palette-empty";
    empty.textContent = words("noResults");
    results.replaceChildren(empty);
  }
  say(found.length ? words("results", { n: found.length }) : words("noResults"));
}

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  const input = palette().querySelector("[data-palette-input]");
  if (!option) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-palette-input]") || event.isComposing) return;
  clearTimeout(timer);
  const text = event.target.value.trim();
  if (text.length === 1 && /^[\x20-\x7e]$/.test(text)) return;
  timer = setTimeout(() => ask(text), WAIT);
});

document.addEventListener("compositionend", (event) => {
  if (event.target.matches?.("[data-palette-input]")) ask(event.target.value.trim());
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-palette-input]") || composing(event)) return;
  const all = options();
  const here = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "Enter") all[here]?.click();
  else if (event.key === "ArrowDown") choose(all[(here + 1) % all.length]);
  else if (event.key === "ArrowUp") choose(all[(here - 1 + all.length) % all.length]);
  else return;
  event.preventDefault();
});
