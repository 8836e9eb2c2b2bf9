// Light, dark, or as the system says; kept by the server.
import { post } from "./words.js";

document.addEventListener("click", (event) => {
  const chosen = event.target.closest?.("[data-theme-choice]");
  if (!chosen) return;
  const theme = chosen.dataset.themeChoice;
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
  if (document.body.dataset.themeUrl) post(document.body.dataset.themeUrl, { theme });
});
