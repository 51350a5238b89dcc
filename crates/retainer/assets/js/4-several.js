
// Rows are ticked: one by one, from one to another with Shift, all of them by the box in the head.
const boxes = () => [...document.querySelectorAll("td.tick input")];
let lastTicked = null;

function tally() {
  const number = document.querySelector(".bulk .number"), all = document.querySelector("[data-ticks-all]");
  if (!number || !all) return;
  const ticked = boxes().filter((box) => box.checked).length;
  number.textContent = `${ticked} ticked`;
  all.checked = ticked > 0 && ticked === boxes().length;
  all.indeterminate = ticked > 0 && !all.checked;
}

document.addEventListener("click", ({ target, shiftKey }) => {
  if (target.matches?.("[data-untick]")) for (const box of boxes()) box.checked = false;
  else if (target.matches?.("[data-ticks-all]")) for (const box of boxes()) box.checked = target.checked;
  else if (!target.matches?.("td.tick input")) return;
  else {
    const all = boxes(), [from, to] = [all.indexOf(lastTicked), all.indexOf(target)].sort((a, b) => a - b);
    if (shiftKey && from >= 0) for (const box of all.slice(from, to)) box.checked = target.checked;
    lastTicked = target;
  }
  tally();
});
window.addEventListener("pageshow", tally);
tally();
