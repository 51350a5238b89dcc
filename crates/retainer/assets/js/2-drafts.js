
// What was typed is kept in the browser until it is sent: whoever goes away and comes back finds it in its form. It is of one
// person and one form, and goes after two weeks, or when they sign out.
let person = document.body.dataset.person;
const LASTS = 14 * 24 * 3600 * 1000;
const typeable = "textarea[name], input[name]:is([type=text], [type=email], [type=search], [type=date])";

const typed = (form) => [...form.querySelectorAll(typeable)].filter((field) => field.value !== field.defaultValue);
const prefix = () => `draft ${person} `;
// A form may hold a field that is called action.
const keyOf = (form) => prefix() + new URL(form.getAttribute("action") ?? "", location.href).pathname;
const forms = () => person === undefined ? [] : [...document.querySelectorAll("main form[method=post]")].filter((form) => form.querySelector(typeable));

// Whoever signs out in another tab says so to this one. From then on nothing is kept in the browser from here, and what is
// typed here stays.
const OUT = "out";
let isLeft = false;

function keep(form) {
  if (isLeft) return;
  const values = Object.fromEntries(typed(form).map((field) => [field.name, field.value]));
  if (Object.keys(values).length === 0) localStorage.removeItem(keyOf(form));
  else localStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), values }));
}

function restore(form) {
  const kept = JSON.parse(localStorage.getItem(keyOf(form)) ?? "null");
  if (!kept || Date.now() - kept.at > LASTS) { localStorage.removeItem(keyOf(form)); return; }
  const fields = [...form.querySelectorAll(typeable)].filter((field) => kept.values[field.name] !== undefined && kept.values[field.name] !== field.value);
  if (fields.length === 0) return;
  for (const field of fields) field.value = kept.values[field.name];
  form.closest("details")?.setAttribute("open", "");
  const line = make("p", "restored hint", "Restored: what you had typed here. ");
  const away = make("button", "plain", "Throw it away");
  away.type = "button";
  line.setAttribute("role", "status");
  away.addEventListener("click", () => {
    for (const field of fields) field.value = field.defaultValue;
    localStorage.removeItem(keyOf(form));
    line.remove();
  });
  line.append(away);
  form.prepend(line);
}

// What was sent from a form the last time, so that it is never taken for a draft again: the browser's Back fills it in.
const done = (key) => `done ${key}`;
const values = (form) => JSON.stringify(typed(form).map((field) => [field.name, field.value]));
const isDone = (form) => typed(form).length > 0 && sessionStorage.getItem(done(keyOf(form))) === values(form);

function empty(form) {
  for (const field of form.querySelectorAll(typeable)) field.value = field.defaultValue;
  form.querySelector(".restored")?.remove();
}

// What was sent is done once a page answered it; where that is the sign-in page, or what it came back to, it is not.
function settled() {
  const [sent, what] = JSON.parse(sessionStorage.getItem("sent") ?? "[]");
  sessionStorage.removeItem("sent");
  if (person === undefined || !sent?.startsWith(prefix()) || document.body.dataset.at !== undefined) return;
  localStorage.removeItem(sent);
  sessionStorage.setItem(done(sent), what);
}

function drafts() {
  settled();
  for (const form of forms()) restore(form);
  window.addEventListener("pageshow", () => {
    for (const form of forms()) if (isDone(form)) empty(form);
  });
  // What was sent in another tab is no draft in this one. What somebody forgot there who signed out is still in hand here.
  window.addEventListener("storage", ({ key, newValue, oldValue }) => {
    if (key === OUT && newValue === person && person !== undefined) { leftAlone(); return; }
    if (person === undefined || !key?.startsWith(prefix()) || newValue !== null || oldValue === null || isLeft) return;
    const gone = JSON.parse(oldValue).values;
    for (const form of forms().filter((form) => keyOf(form) === key)) {
      if (typed(form).every((field) => gone[field.name] === field.value)) empty(form);
    }
  });
  let waiting = null;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (person === undefined || !form?.matches("main form[method=post]") || !event.target.matches(typeable)) return;
    clearTimeout(waiting);
    waiting = setTimeout(keep, 300, form);
  });
  // Who goes away within that moment loses nothing either.
  window.addEventListener("pagehide", () => {
    if (sessionStorage.getItem("sent") !== null) return;
    for (const form of forms()) if (typed(form).length > 0 && !isDone(form)) keep(form);
  });
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    clearTimeout(waiting);
    if (event.target.matches(".out")) {
      localStorage.setItem(OUT, person);
      localStorage.removeItem(OUT);
      for (const key of Object.keys(localStorage)) if (key.startsWith(prefix())) localStorage.removeItem(key);
    } else if (event.target.matches("main form")) {
      for (const form of forms()) if (typed(form).length > 0) keep(form);
    }
    sessionStorage.setItem("sent", JSON.stringify(event.target.matches(".out") ? ["out"] : [keyOf(event.target), values(event.target)]));
  });
}

// Another tab signed out. What is typed here is not lost; it cannot be sent before the same person is in again.
function leftAlone() {
  isLeft = true;
  for (const form of forms().filter((form) => typed(form).length > 0)) say(form, "You signed out in another tab. What you typed here is not sent.");
}

function say(form, words) {
  form.querySelector(".said-here")?.remove();
  const line = make("p", "notice said-here", `${words} `), link = make("a", "", "Sign in again");
  Object.assign(link, { href: `${home}/sign-in`, target: "_blank" });
  line.setAttribute("role", "alert");
  line.append(link, ", and send it here.");
  form.prepend(line);
}
drafts();

// Whoever signed in with something that was not sent stands at the page of its form.
if (document.body.dataset.at) history.replaceState(null, "", document.body.dataset.at);

// A running timer goes on.
setInterval(() => {
  for (const time of document.querySelectorAll("time[data-since]")) {
    const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(time.dataset.since)) / 60000));
    time.textContent = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  }
}, 20000);
