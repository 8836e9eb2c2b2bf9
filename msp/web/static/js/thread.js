// A ticket opens at its newest words; whoever has them in sight sees the next ones come.

/** Bring the newest words of an opened ticket into sight, clear of the composer that lies over the end of the page. */
export function showNewest(place) {
  const words = newest(place);
  if (!words) return;
  words.style.scrollMarginBlockEnd = `${covered(place)}px`;
  words.scrollIntoView({ block: "nearest" });
}

/** Whether they end in sight now. */
export function seesNewest(place) {
  const words = newest(place);
  if (!words) return false;
  const { bottom } = words.getBoundingClientRect();
  return bottom > 0 && bottom <= innerHeight - covered(place) + 1;
}

function newest(place) {
  return [...(place?.querySelectorAll("[data-thread] > .message") ?? [])].at(-1);
}

function covered(place) {
  const dock = place.querySelector(".composer-dock");
  return dock && getComputedStyle(dock).position === "sticky" ? dock.offsetHeight : 0;
}

if (!location.hash) showNewest(document.getElementById("detail"));
