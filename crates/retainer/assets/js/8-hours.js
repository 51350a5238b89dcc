// What a new ticket's hours leave is said beside the bar while one types; whether they can be held is the server's to say.
const clock = (seconds) => `${Math.floor(seconds / 3600)}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} h`;

function typedHours(text) {
  const parts = /^(\d{1,4}):([0-5]\d)$/.exec(text);
  if (parts) return parts[1] * 3600 + parts[2] * 60;
  return /^\d{1,5}([.,]\d{1,4})?$/.test(text) ? Math.round(parseFloat(text.replace(",", ".")) * 3600) : 0;
}

function leaves() {
  const field = document.getElementById("hours"), place = document.getElementById("hours-after");
  if (!field || !place) return;
  const wanted = typedHours(field.value.trim()), left = Number(place.dataset.left), more = Number(place.dataset.overage);
  place.classList.toggle("short", wanted > left + more);
  if (!wanted) place.textContent = "";
  else if (wanted <= left) place.textContent = `${clock(left - wanted)} left after this.`;
  else if (wanted <= left + more) place.textContent = `${clock(wanted - left)} beyond what is left: billed as the plan says.`;
  else place.textContent = `${clock(wanted - left - more)} more than there is left.`;
  // What was said of another number is true no longer.
  if (wanted && wanted <= left + more) field.closest(".field")?.querySelector("p.error")?.remove();
}

document.addEventListener("input", ({ target }) => { if (target.id === "hours") leaves(); });
leaves();
