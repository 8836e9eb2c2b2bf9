// The exact figure beside the pointer. The same words stand in the chart's table.

const tip = document.createElement("div");
tip.className = "chart-tip";
tip.popover = "manual";
tip.setAttribute("aria-hidden", "true");

function show(mark) {
  if (!tip.isConnected) document.body.append(tip);
  tip.textContent = mark.dataset.tip;
  tip.showPopover();
  const at = mark.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const left = Math.max(4, Math.min(at.left + at.width / 2 - size.width / 2, innerWidth - size.width - 4));
  const above = at.top - size.height - 6;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 4 ? above : at.bottom + 6}px`;
}

function hide() {
  if (tip.isConnected && tip.matches(":popover-open")) tip.hidePopover();
}

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const mark = event.target.closest?.("[data-tip]");
    if (mark) show(mark);
    else hide();
  });
}
document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
document.addEventListener("scroll", hide, true);
