// Progressive enhancement: every page works without this file.

// Destruction asks first.
document.addEventListener("submit", (event) => {
  const asked = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (asked && !confirm(asked)) event.preventDefault();
});

// What can be copied is copied.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 1500);
});

// The keyboard: g and a letter goes, c creates, j and k move, / searches, ? lists them.
const home = document.body.dataset.home;
const rooms = { h: "", t: "/tickets", c: "/customers", m: "/money", r: "/reports", p: "/plans", n: "/notifications", b: "/balance" };
const keys = [
  ["g h", "Start page"], ["g t", "Tickets"], ["g c", "Customers"], ["g m", "Money"], ["g r", "Reports"], ["g n", "Notifications"],
  ["c", "Create"], ["j / k", "Next, previous row"], ["Enter", "Open the row"], ["/", "Search"], ["?", "This list"],
];
let going = false;

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (home === undefined || typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const { key } = event;
  if (going) {
    going = false;
    const room = rooms[key] === undefined ? null : home + rooms[key];
    const link = room && document.querySelector(`.rooms a[href="${CSS.escape(room)}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  if (key === "g") { going = true; setTimeout(() => (going = false), 1200); }
  else if (key === "c") act(event, document.querySelector("[data-create], .actions a.go"), (link) => link.click());
  else if (key === "/") act(event, document.querySelector("input[type=search]"), (input) => input.focus());
  else if (key === "j" || key === "k") move(event, key === "j" ? 1 : -1);
  else if (key === "?") { event.preventDefault(); help(); }
});

function act(event, element, deed) {
  if (element) { event.preventDefault(); deed(element); }
}

function move(event, step) {
  const links = [...document.querySelectorAll("table.list tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
  if (links.length === 0) return;
  event.preventDefault();
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))].focus();
}

function help() {
  const dialog = document.createElement("dialog");
  const list = dialog.appendChild(Object.assign(document.createElement("dl"), { className: "facts" }));
  for (const [key, what] of keys) {
    list.appendChild(document.createElement("dt")).appendChild(Object.assign(document.createElement("kbd"), { textContent: key }));
    list.appendChild(Object.assign(document.createElement("dd"), { textContent: what }));
  }
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", () => dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

// What changes while the page is open: the server says which thing changed, and the parts that show it are fetched anew.
let stream = null;
let told = document.body.dataset.live;
let fetching = null;
const stale = new Set();

function listen() {
  if (stream || told === undefined || document.hidden) return;
  stream = new EventSource(`${home}/live?after=${told}`);
  for (const what of ["ticket", "notifications", "customer", "invoice", "payment", "plan", "subscription"]) {
    stream.addEventListener(`${what}.changed`, hear);
  }
  stream.addEventListener("reset", hear);
  // A browser connects again by itself, unless the server refused it: then later.
  stream.addEventListener("error", () => {
    if (stream?.readyState === EventSource.CLOSED) { hush(); setTimeout(listen, 30000); }
  });
}

function hush() {
  stream?.close();
  stream = null;
}

function hear(event) {
  told = event.lastEventId || told;
  const { subject } = JSON.parse(event.data);
  for (const part of document.querySelectorAll("[data-hears]")) {
    const wanted = part.dataset.hears.split(", ").map((one) => one.split(" "));
    const concerned = wanted.some(([what, which]) => what === event.type && (which ?? subject) === subject);
    if (event.type === "reset" || concerned) stale.add(part.id);
  }
  // What comes together is fetched together, and not by everybody at the same moment.
  if (stale.size > 0) fetching ??= setTimeout(refresh, 150 + Math.random() * 350);
}

async function refresh() {
  const wanted = [...stale];
  stale.clear();
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Whoever was signed out meanwhile keeps what they see.
    if (!answer.ok || page.body.dataset.home !== home) return;
    for (const id of wanted) {
      const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
      // Nothing is taken from under somebody's hands.
      if (old && fresh && !(old.contains(document.activeElement) && old !== document.activeElement)) old.replaceWith(document.adoptNode(fresh));
    }
  } catch {
    // The connection is lost; what was missed is told when it is there again.
  } finally {
    fetching = stale.size > 0 ? setTimeout(refresh, 500) : null;
  }
}

document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
window.addEventListener("pagehide", hush);
window.addEventListener("pageshow", listen);
listen();
