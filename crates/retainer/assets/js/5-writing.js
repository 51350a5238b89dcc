
// Who writes says so every few seconds while they do, and that they have stopped when they go; who else has the ticket open
// sees it beside their own box.
const box = () => document.querySelector("form.write textarea[name=message]");
const writingTo = (field) => field.form.action.replace(/\/comments$/, "/writing");
let saidAt = 0;

document.addEventListener("input", ({ target }) => {
  if (target !== box()) return;
  if (target.value.trim() === "") { stopped(); return; }
  if (Date.now() - saidAt < 3500) return;
  saidAt = Date.now();
  // Nobody misses it where it is lost.
  fetch(writingTo(target), { method: "POST", body: new URLSearchParams() }).catch(() => {});
});

function stopped() {
  if (saidAt === 0 || !box()) return;
  saidAt = 0;
  navigator.sendBeacon(writingTo(box()), new URLSearchParams({ ends: "true" }));
}
window.addEventListener("pagehide", stopped);

const LASTS_WRITING = 10000;
const writers = new Map();

function hearWriting(event) {
  const { subject, key, name, staff, ends } = JSON.parse(event.data);
  if (subject !== document.getElementById("writing")?.dataset.ticket) return;
  clearTimeout(writers.get(key)?.waiting);
  writers.delete(key);
  if (!ends) writers.set(key, { name: staff ? name : `${name} (customer)`, waiting: setTimeout(() => { writers.delete(key); showWriters(); }, LASTS_WRITING) });
  showWriters();
}

function showWriters() {
  const place = document.getElementById("writing"), names = [...writers.values()].map((one) => one.name);
  if (place) place.textContent = names.length === 0 ? "" : `${names.join(", ")} ${names.length === 1 ? "is" : "are"} writing…`;
}
