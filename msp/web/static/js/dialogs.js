// Native dialogs and menus: opening by name, closing, placing, asking.
import { words } from "./words.js";

/** A fragment arrived in the slot: show its dialog. */
export function openFragment(slot) {
  const dialog = slot.querySelector("dialog");
  if (dialog && !dialog.open) dialog.showModal();
}

/** Ask a yes-or-no question; resolves to true only for yes. */
export function ask(question, yes) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-label", question);
  const text = document.createElement("p");
  text.textContent = question;
  const body = document.createElement("div");
  body.className = "dialog-body";
  body.append(text);
  const foot = document.createElement("form");
  foot.method = "dialog";
  foot.className = "dialog-foot";
  foot.append(choice(words("cancel"), "no", "secondary"), choice(yes, "yes", "primary"));
  dialog.append(body, foot);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    }),
  );
}

function choice(text, value, kind) {
  const button = document.createElement("button");
  button.className = `button button-${kind}`;
  button.value = value;
  button.textContent = text;
  return button;
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  if (event.target.closest?.("[data-closes]")) event.target.closest("dialog")?.close();
  if (event.target.matches?.("dialog")) closeOutside(event);
});

// A press on the backdrop closes, but not when a form in the dialog holds typed text.
function closeOutside(event) {
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside && !event.target.querySelector("form[method=post]")) event.target.close();
}

function placeOpened(event) {
  if (event.newState === "open" && event.target.matches?.(".menu")) place(event.target);
}
document.addEventListener("toggle", placeOpened, true);

function place(menu) {
  const opener = [...document.querySelectorAll(`[popovertarget="${menu.id}"]`)].find((one) => one.getClientRects().length);
  if (!opener) return;
  const at = opener.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const below = at.bottom + 4 + size.height <= innerHeight || at.top < size.height;
  menu.style.top = `${Math.max(4, below ? at.bottom + 4 : at.top - size.height - 4)}px`;
  menu.style.left = `${Math.max(4, Math.min(at.left, innerWidth - size.width - 8))}px`;
  items(menu)[0]?.focus({ preventScroll: true });
}

const items = (menu) => [...menu.querySelectorAll(".menu-item:not(:disabled), .switch button")];

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu:popover-open");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const all = items(menu);
  const here = all.indexOf(document.activeElement);
  const to = { ArrowDown: (here + 1) % all.length, ArrowUp: (here - 1 + all.length) % all.length, Home: 0, End: all.length - 1 }[event.key];
  all[to]?.focus();
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const item = event.target.closest?.(".menu .menu-item");
  if (item) item.closest(".menu").hidePopover();
});
