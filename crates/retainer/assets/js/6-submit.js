// Forms are sent and answered in place: what is refused comes back into the page with what is wrong beside its field, and
// the browser's history holds nothing but pages that can be opened again.

document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  const method = button?.getAttribute("formmethod") ?? form.getAttribute("method");
  if (event.defaultPrevented || method !== "post" || form.matches(".out")) return;
  event.preventDefault();
  if (form.dataset.sending === undefined) send(form, button);
});

async function send(form, button) {
  const action = new URL(button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "", location.href);
  const fields = new FormData(form, button);
  const body = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
  form.dataset.sending = "yes";
  form.setAttribute("aria-busy", "true");
  let answer = null, text = "";
  try {
    answer = await fetch(action, { method: "POST", body, headers: { "retainer-in-place": "1" } });
    text = await answer.text();
  } catch {
    lost(form);
    return;
  } finally {
    delete form.dataset.sending;
    form.removeAttribute("aria-busy");
  }
  if (answer.headers.has("retainer-signed-out")) notSent(form, "You are signed out, so this was not sent.");
  else if (answer.headers.has("retainer-to")) await goOn(new URL(answer.headers.get("retainer-to"), location.href), form);
  else answered(parsed(text), answer.ok, form);
}

// What is sent once more is done once.
function lost(form) {
  sessionStorage.removeItem("sent");
  form.querySelector(".said-here")?.remove();
  const line = make("p", "wrong said-here", "There is no connection, so it is not certain that this was sent. What you typed is still here; send it again.");
  line.setAttribute("role", "alert");
  form.prepend(line);
}

const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

function notSent(form, words) {
  sessionStorage.removeItem("sent");
  say(form, words);
  form.querySelector(".said-here a").focus();
}

// It is done. Where that leads to the page one is on, it becomes what it is now; else the browser goes there.
async function goOn(to, form) {
  if (to.origin + to.pathname !== location.origin + location.pathname) { location.assign(to); return; }
  const answer = await fetch(to), page = parsed(await answer.text());
  if (!answer.ok || answer.redirected || page.body.dataset.home !== home) { location.assign(to); return; }
  history.replaceState(history.state, "", to);
  settled();
  const at = document.activeElement?.id;
  become(page);
  comesAgain(answer.headers.get("refresh"));
  const place = document.getElementById(to.hash.slice(1));
  place?.scrollIntoView();
  document.querySelector("main .flash")?.classList.add("here");
  // What is looked at before it is saved can be wrong as well.
  land(["main [aria-invalid=true]", document.getElementById(at), "main .flash", boxOf(form), place, "main h1"], { preventScroll: true });
}

// Whoever sent a form goes on where its answer is: at the first of these places that can be seen. What is hidden, or says
// nothing, would leave them at the top of the page.
const holds = "input:not([type=hidden]), textarea, select, button, a[href], summary";
const isSeen = (element) => element.checkVisibility({ visibilityProperty: true }) && (element.matches(holds) || element.textContent.trim() !== "");
const boxOf = (form) => [...sameForm(form)?.querySelectorAll(typeable) ?? []].find(isSeen);

function land(places, how = {}) {
  const found = places.flatMap((place) => typeof place === "string" ? [...document.querySelectorAll(place)] : place ?? []).find(isSeen);
  if (found && !found.matches(holds)) found.tabIndex = -1;
  found?.focus(how);
  aloud(found);
}

// A page that follows long work asks to be looked at again, which a browser does for pages that it opens itself.
function comesAgain(seconds) {
  const here = location.href;
  if (seconds) setTimeout(() => { if (location.href === here) location.reload(); }, seconds * 1000);
}

// A page that is not the one the form stands on is a step further: Back leads to the form again.
let stepped = false;
window.addEventListener("popstate", () => { if (stepped) location.reload(); });

function answered(page, isDone, form) {
  const isSame = page.title === document.title || page.querySelector("h1")?.textContent === document.querySelector("h1")?.textContent;
  if (page.body.dataset.at) history.replaceState(null, "", page.body.dataset.at);
  else if (!isSame) { history.pushState(null, ""); stepped = true; }
  const done = isDone && isSame && page.body.dataset.at === undefined;
  if (done) settled(); else sessionStorage.removeItem("sent");
  become(page, done ? null : form);
  land([...(done ? [] : ["main [aria-invalid=true]", "main [autofocus]", "main [role=alert]"]), "main .flash", boxOf(form), "main h1"]);
  if (!isSame) window.scrollTo(0, 0);
}

const sameForm = (form) => [...document.querySelectorAll("main form")].find((other) => other.getAttribute("action") === form.getAttribute("action"));

// The page becomes another state of itself; `refused` is the form whose words it brings back.
function become(page, refused = null) {
  const [x, y] = [window.scrollX, window.scrollY];
  stopped();
  for (const { name } of [...document.body.attributes]) document.body.removeAttribute(name);
  for (const { name, value } of page.body.attributes) document.body.setAttribute(name, value);
  document.title = page.title;
  for (const node of [...document.body.childNodes]) if (node !== voice) node.remove();
  voice.before(...page.body.childNodes);
  ({ home, person } = document.body.dataset);
  isLeft = false;
  told ??= document.body.dataset.live;
  lastTold = lastOf(document);
  had = [];
  const again = refused && sameForm(refused);
  if (again) takeBack(refused, again);
  for (const form of forms()) if (form !== again) restore(form);
  window.scrollTo(x, y);
  tally();
  showWriters();
  listen();
}

// What was refused is still a draft, and the files that were chosen stay chosen.
function takeBack(old, fresh) {
  for (const field of fresh.querySelectorAll(typeable)) {
    const before = old.elements[field.name], text = field.value;
    if (before?.defaultValue === undefined) continue;
    field.defaultValue = before.defaultValue;
    field.value = text;
  }
  const [from, to] = [old, fresh].map((form) => form.querySelector("input[type=file]"));
  if (from?.files.length && to && to.getAttribute("aria-invalid") === null) give(to, from.files);
}
