// Progressive enhancement: every page works without this file.

// Destruction asks first.
document.addEventListener("submit", (event) => {
  const form = event.target, asked = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!asked || form.dataset.sure) return;
  event.preventDefault();
  // What is typed into a field stands in the question: {amount|all}.
  const question = asked.replace(/\{(\w+)\|([^}]*)\}/g, (_, name, none) => form.elements[name]?.value.trim() || none);
  ask(question, event.submitter?.textContent.trim(), () => {
    form.dataset.sure = "yes";
    form.requestSubmit(event.submitter);
    delete form.dataset.sure;
  });
});

function ask(question, deed, then) {
  const dialog = make("dialog"), buttons = make("p", "submit");
  const no = make("button", "", "Cancel"), yes = make("button", "danger", deed || "Yes");
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => { dialog.close(); then(); });
  buttons.append(no, yes);
  dialog.append(make("h2", "", question), buttons);
  open(dialog);
}

// What is not asked for does not stand in an address; an address of nothing at all could mean something else.
document.addEventListener("formdata", ({ target, formData }) => {
  if (target.method !== "get") return;
  const asked = [...formData.keys()].filter((name) => formData.get(name) !== "");
  for (const name of new Set(formData.keys())) if (!asked.includes(name) && asked.length > 0) formData.delete(name);
});

// Filters apply as they are chosen.
document.addEventListener("change", (event) => {
  if (event.target.matches("form.filters select, form.filters input[type=date]") && !event.target.form.matches(":popover-open")) event.target.form.requestSubmit();
});

// What depends on a choice follows it: the part of the page that it names is fetched for what was chosen.
document.addEventListener("change", async (event) => {
  const part = document.getElementById(event.target.dataset.follows ?? "");
  if (!part) return;
  const asked = event.target.value, wanted = new URLSearchParams({ [event.target.name]: asked });
  const answer = await fetch(`${event.target.form.dataset.blank}?${wanted}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(part.id);
  if (!answer.ok || !fresh || event.target.value !== asked) return;
  part.replaceWith(document.adoptNode(fresh));
  leaves();
});

// What can be copied is copied.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.querySelector("span") ?? button, words = label.textContent;
  label.textContent = "Copied";
  setTimeout(() => (label.textContent = words), 1500);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

// The keyboard: g and a letter goes, c creates, j and k move, / searches, ? lists them.
let home = document.body.dataset.home;
const rooms = { h: "", t: "/tickets", c: "/customers", m: "/money", r: "/reports", p: "/plans", n: "/notifications", b: "/balance", i: "/invoices", s: "/settings" };
const keys = [
  ["g h", "Start page"], ["g t", "Tickets"], ["g c", "Customers"], ["g m", "Money"], ["g r", "Reports"], ["g p", "Plans"], ["g b", "Balance"],
  ["g i", "Invoices"], ["g n", "Notifications"], ["g s", "Settings"], ["c", "Create"], ["j  k", "Next row, previous row"], ["Enter", "Open the row"], ["x", "Tick the row"],
  ["/", "Search"], ["Ctrl K", "Everything: search, create, go"], ["?", "This list"],
];
let going = false;

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (home === undefined || typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const { key } = event;
  if (going) {
    going = false;
    const link = way(key);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  if (key === "g") { going = true; setTimeout(() => (going = false), 1200); }
  else if (key === "c") create(event);
  else if (key === "/") search(event);
  else if (key === "j" || key === "k") move(event, key === "j" ? 1 : -1);
  else if (key === "x") act(event, event.target.closest("tr")?.querySelector("td.tick input"), (box) => box.click());
  else if (key === "?") { event.preventDefault(); help(); }
  else act(event, /^[a-z]$/.test(key) && document.querySelector(`main [data-key^="${key} "]`), begin);
});

function way(letter) {
  const room = rooms[letter];
  return room === undefined ? null : document.querySelector(`.rooms a[href="${CSS.escape(home + room)}"]`);
}

// Where a page makes nothing of its own, a ticket is what one makes.
function create(event) {
  const link = document.querySelector("[data-create], .actions a.go:not([href^='#'])");
  if (link) act(event, link, () => link.click());
  else if (document.body.dataset.new) { event.preventDefault(); location.assign(`${home}/${document.body.dataset.new.split(" ")[0]}s/new`); }
}

// What a page offers under a letter of its own: its first field is stepped into, and a button alone is pressed.
function begin(part) {
  if (part.matches("details")) part.open = true;
  const field = part.querySelector("textarea, select, input:not([type=hidden], [type=file])");
  if (!field) { part.querySelector("button").click(); return; }
  field.focus();
  field.scrollIntoView({ block: "nearest" });
}

function act(event, element, deed) {
  if (element) { event.preventDefault(); deed(element); }
}

// Where a page has nothing to search, there is a page for that.
function search(event) {
  event.preventDefault();
  const input = document.querySelector("main input[type=search]");
  if (!input) { location.assign(`${home}/search#q`); return; }
  const sheet = input.closest("[popover]");
  if (sheet && getComputedStyle(sheet).display === "none") sheet.showPopover();
  input.focus();
}
if (location.hash === "#q") document.getElementById("q")?.focus();

function move(event, step) {
  const links = [...document.querySelectorAll("table.list tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
  if (links.length === 0) return;
  event.preventDefault();
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))].focus();
}

function help() {
  const dialog = make("dialog"), list = make("dl", "facts");
  const own = [...document.querySelectorAll("main [data-key]")].map((part) => [part.dataset.key[0], part.dataset.key.slice(2)]);
  for (const [key, what] of [...own, ...keys]) {
    if (key.startsWith("g ") && !way(key[2])) continue;
    list.append(make("dt"), make("dd", "", what));
    list.lastChild.previousSibling.append(make("kbd", "", key));
  }
  dialog.append(make("h2", "", "Keys"), list);
  dialog.addEventListener("click", () => dialog.close());
  open(dialog);
}

function make(name, className = "", textContent = "") {
  return Object.assign(document.createElement(name), { className, textContent });
}

function open(dialog) {
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// What was done is said by one place that stays while pages come and go: what comes with a page is often not read out. Whoever
// was led to the sentence hears it anyway.
const voice = make("p", "heard");
voice.id = "voice";
voice.setAttribute("role", "status");
document.body.append(voice);

function aloud(at) {
  const said = document.querySelector("main .flash");
  voice.textContent = "";
  if (said && said !== at) setTimeout(() => (voice.textContent = said.textContent.trim()), 100);
}
aloud();

// Who sets up is most likely where their browser is.
const zone = document.querySelector("form[action^='/setup/'] #time_zone");
if (zone?.value === "UTC") zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

// What changes while the page is open: the server says which thing changed, and the parts that show it are fetched anew.
let stream = null;
let told = document.body.dataset.live;
let fetching = null;
let cut = null;
const stale = new Set();

function listen() {
  if (stream || told === undefined || document.hidden) return;
  stream = new EventSource(`${home}/live?after=${told}`);
  for (const what of ["ticket", "notifications", "customer", "invoice", "payment", "plan", "subscription"]) {
    stream.addEventListener(`${what}.changed`, hear);
  }
  stream.addEventListener("ticket.writing", hearWriting);
  stream.addEventListener("reset", hear);
  stream.addEventListener("open", () => { clearTimeout(cut); document.querySelector(".cut")?.remove(); });
  // A browser connects again by itself, unless the server refused it: then later.
  stream.addEventListener("error", () => {
    clearTimeout(cut);
    cut = setTimeout(() => {
      if (document.hidden || document.querySelector(".cut")) return;
      const line = make("p", "cut", "The connection is lost. What you see may be old; it goes on by itself.");
      line.setAttribute("role", "status");
      document.body.append(line);
    }, 8000);
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
  let later = 500;
  stale.clear();
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Whoever was signed out meanwhile keeps what they see.
    if (!answer.ok || page.body.dataset.home !== home) return;
    // First, because what is swapped below is taken out of the page that was fetched.
    renamed(page);
    for (const id of wanted) {
      const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
      // Nothing is taken from under somebody's hands.
      if (!old || !fresh || isInHand(old) || looks(old) === looks(fresh)) continue;
      // What is ticked stays ticked.
      for (const box of old.querySelectorAll("td.tick input:checked")) {
        const same = fresh.querySelector(`td.tick input[value="${CSS.escape(box.value)}"]`);
        if (same) same.checked = true;
      }
      const at = document.activeElement?.closest(".tick input");
      old.replaceWith(document.adoptNode(fresh));
      // What one did a while ago is not said beside what others did since.
      if (performance.now() > 6000) document.querySelector("main .flash")?.remove();
      if (at && fresh.isConnected) [...fresh.querySelectorAll(".tick input")].find((box) => box.value === at.value)?.focus();
    }
    tally();
  } catch {
    // The connection is lost: tried again until it is there.
    for (const id of wanted) stale.add(id);
    later = 3000;
  } finally {
    fetching = stale.size > 0 ? setTimeout(refresh, later) : null;
  }
}

// A part as it is seen: the key by which a form is sent once is another one each time.
const looks = (part) => part.outerHTML.replace(/name="once" value="[^"]*"/g, "");

// Whether somebody is at something, or has typed into it.
function isInHand(part) {
  const fields = [...part.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio]), textarea")];
  const at = document.activeElement;
  return (part.contains(at) && part !== at && !at.matches(".tick input")) || fields.some((field) => field.value !== field.defaultValue);
}

// The title and the buttons beside it are of nobody's typing, so they are always as they are now; whoever types meanwhile is
// told who changed it.
const lastOf = (page) => page.querySelector("#history tbody tr:last-child td")?.textContent.trim() ?? "";
let lastTold = lastOf(document);

function renamed(page) {
  for (const part of ["header.title h1", "header.title .actions"]) {
    const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
    if (old && fresh && !isInHand(old) && looks(old) !== looks(fresh)) old.replaceWith(document.adoptNode(fresh));
  }
  if (page.title) document.title = page.title;
  // How many there are of each: only the words, so that nobody's choice is touched.
  for (const option of document.querySelectorAll("form.filters option")) {
    const of = `form.filters select[name="${option.parentElement.name}"] option[value="${CSS.escape(option.value)}"]`;
    const now = page.querySelector(of)?.text;
    if (now && now !== option.text) option.text = now;
  }
  const last = lastOf(page);
  if (last === lastTold) return;
  lastTold = last;
  const form = [...document.querySelectorAll("main form[method=post]")].find(isInHand);
  if (!form || !last.endsWith("changed what it says")) return;
  document.querySelector(".meanwhile")?.remove();
  const line = make("p", "notice meanwhile", `${last}, just now. `), show = make("a", "", "Show");
  line.setAttribute("role", "status");
  show.href = "#main";
  line.append(show);
  form.before(line);
}

document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
window.addEventListener("pagehide", hush);
window.addEventListener("pageshow", listen);
listen();

// Files are dropped onto the form that takes some, or pasted into it; what is chosen is listed, and what is too large is not
// taken along.
const taker = (event) => event.target.closest?.("form")?.querySelector("[data-drop] input[type=file]");
const MOST_FILES = 10;
let had = [];

function give(input, files) {
  const all = new DataTransfer();
  for (const file of files) all.items.add(file);
  input.files = all.files;
  chosen(input);
}

const sized = (bytes) => bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

function chosen(input) {
  const place = input.closest("[data-drop]"), large = [...input.files].filter((file) => file.size > Number(input.dataset.most)), blank = [...input.files].filter((file) => file.size === 0);
  const kept = [...input.files].filter((file) => !large.includes(file) && !blank.includes(file)).slice(0, MOST_FILES);
  const words = large.map((file) => `${file.name} has ${sized(file.size)}. A file may have ${input.dataset.spoken}, so it is not sent along.`);
  words.push(...blank.map((file) => `${file.name} is empty, so it is not sent along.`));
  if (input.files.length - large.length - blank.length > MOST_FILES) words.push(`No more than ${MOST_FILES} files at a time; the first ${MOST_FILES} are sent along.`);
  if (kept.length < input.files.length) {
    const all = new DataTransfer();
    for (const file of kept) all.items.add(file);
    input.files = all.files;
  }
  place.querySelector(".error").textContent = words.join(" ");
  place.querySelector(".chosen").replaceChildren(...kept.map((file, at) => {
    const row = make("li", "", file.name), away = make("button", "plain", "Leave out");
    away.type = "button";
    away.setAttribute("aria-label", `Leave out ${file.name}`);
    away.addEventListener("click", () => { give(input, kept.filter((_, other) => other !== at)); input.focus(); });
    row.append(make("span", "soft", sized(file.size)), away);
    return row;
  }));
  had = kept;
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-drop] input[type=file]")) return;
  // Who chooses once more adds to what was chosen.
  const before = had.filter((file) => ![...target.files].some((other) => other.name === file.name && other.size === file.size));
  give(target, [...before, ...target.files]);
});
document.addEventListener("dragover", (event) => {
  const input = taker(event);
  if (!input || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  input.closest("[data-drop]").classList.add("over");
});
document.addEventListener("dragleave", ({ relatedTarget }) => {
  for (const place of document.querySelectorAll("[data-drop].over")) if (!place.closest("form").contains(relatedTarget)) place.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  const input = taker(event);
  document.querySelectorAll("[data-drop].over").forEach((place) => place.classList.remove("over"));
  if (!input || event.dataTransfer.files.length === 0) return;
  event.preventDefault();
  give(input, [...input.files, ...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => {
  const input = taker(event);
  if (!input || event.clipboardData.files.length === 0) return;
  event.preventDefault();
  give(input, [...input.files, ...event.clipboardData.files]);
});
