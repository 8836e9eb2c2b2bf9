// Sentences in the reader's language, and saying them aloud.

const table = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");

/** The sentence `name` with its {places} filled. An unknown name is returned as it is, so that it is seen. */
export function words(name, facts = {}) {
  return (table[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => facts[key] ?? whole);
}

/** A length of time in words: whole minutes, rounded down; from ten hours on without the minutes. */
export function span(seconds) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  if (h === 0) return words("minutes", { m });
  return words(m > 0 && h < 10 ? "hoursMinutes" : "hours", { h, m });
}

/** To the polite live region. */
export function say(text) {
  tell("say", text);
}

/** To the assertive live region: only for what failed and matters now. */
export function shout(text) {
  tell("shout", text);
}

function tell(id, text) {
  const region = document.getElementById(id);
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = text));
}

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** POST a form's fields with the CSRF header. */
export function post(url, fields = {}) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  return fetch(url, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() }, credentials: "same-origin" });
}
