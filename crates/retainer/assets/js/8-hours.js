// What a new ticket's hours leave is said below them while one types; whether they can be held is the server's to say.
const clock = (seconds) => `${Math.floor(seconds / 3600)}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} h`;

function typedHours(text) {
  const parts = /^(\d{1,4}):([0-5]\d)$/.exec(text);
  if (parts) return parts[1] * 3600 + parts[2] * 60;
  return /^\d{1,5}([.,]\d{1,4})?$/.test(text) ? Math.round(parseFloat(text.replace(",", ".")) * 3600) : 0;
}

function leaves() {
  const [field, place, there] = ["hours", "hours-after", "hours-there"].map((id) => document.getElementById(id));
  if (!field || !place) return;
  // Of whom nobody is chosen yet, and of what has no limit, there is nothing to say.
  const wanted = there ? typedHours(field.value.trim()) : 0, left = Number(there?.dataset.left), more = Number(there?.dataset.overage);
  place.classList.toggle("short", wanted > left + more);
  if (!wanted) place.textContent = "";
  else if (wanted <= left) place.textContent = `${clock(left - wanted)} left after this.`;
  else if (wanted <= left + more) place.textContent = `${clock(wanted - left)} beyond what is left: billed as the plan says.`;
  else place.textContent = `${clock(wanted - left - more)} more than there is left.`;
  // What was said of another number is true no longer.
  if (field.value !== field.defaultValue) field.closest(".field")?.querySelector("p.error")?.remove();
}

document.addEventListener("input", ({ target }) => { if (target.id === "hours") leaves(); });
leaves();
