
// What lies behind a room, for whoever has the room.
const behind = {
  "/settings": [["Mail templates", "/mail-templates"], ["Export everything", "/export"], ["What was imported", "/imports"], ["Sample organization", "/sample"], ["Delete the organization", "/deletion"]],
  "/profile": [["Second factor", "/second-factor"]],
  "/notifications": [["What I am told, and how", "/preferences"]],
  "/money": [["Invoices", "/../invoices"], ["Subscriptions", "/../subscriptions"]],
};
const inside = (link) => {
  const word = link.querySelector("span").textContent;
  const rest = Object.entries(behind).find(([room]) => link.pathname === home + room)?.[1] ?? [];
  return rest.map(([label, below]) => ({ label, detail: word, isBehind: true, to: new URL(link.pathname + below, location).pathname }));
};

// Ctrl or ⌘ and K opens everything: rooms, what can be created, and whatever the search page finds.
const opens = () => [
  ...(document.body.dataset.new?.split(" ") ?? []).map((what) => ({ label: `New ${what}`, detail: "", to: `${home}/${what}s/new` })),
  // Of one's own face there is a link, too, which has no word beside it.
  ...[...document.querySelectorAll(".rooms a[href]:has(> span)")].flatMap((link) => [{ label: link.querySelector("span").textContent, detail: "Go to", to: link.pathname }, ...inside(link)]),
];

// What is called exactly so comes first, then what one can do or where one can go, then whatever else was found.
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const rank = (item, text) => {
  const label = plain(item.label), number = /^#?(\d+)$/.exec(text)?.[1].padStart(4, "0");
  if (label === text || (number && [item.label, item.number].some((one) => one?.endsWith(`-${number}`)))) return 0;
  // A customer fits by name, address or somebody of theirs; what only belongs to one fits least.
  if (label.startsWith(text) || item.kind === "Customers") return 1;
  return label.includes(text) ? 2 : 3;
};
// Of each kind three at the top, so that none hides the others.
const ranked = (items, text) => {
  const sorted = items.map((item) => [rank(item, plain(text)), item]).sort(([a], [b]) => a - b).map(([, item]) => item);
  const of = (item) => sorted.filter((other) => other.kind === item.kind).indexOf(item);
  return [...sorted.filter((item) => of(item) < 3), ...sorted.filter((item) => of(item) >= 3)];
};

document.addEventListener("click", ({ target }) => { if (target.closest?.("[data-palette]")) palette(); });

document.addEventListener("keydown", (event) => {
  if (home === undefined || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  if (!document.querySelector("dialog[open]")) palette();
});

function palette() {
  const dialog = make("dialog", "palette"), input = make("input"), list = make("ul"), says = make("p", "heard");
  Object.assign(input, { type: "search", placeholder: "Search, or go somewhere", autocomplete: "off" });
  const marks = { role: "combobox", "aria-label": "Search, or go somewhere", "aria-expanded": "true", "aria-controls": "found", "aria-autocomplete": "list" };
  for (const [name, value] of Object.entries(marks)) input.setAttribute(name, value);
  list.id = "found";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "What fits");
  says.setAttribute("role", "status");
  dialog.setAttribute("aria-label", "Search, or go somewhere");
  dialog.append(input, list, says);
  let items = [], at = 0, asking = null, waiting = null;

  const show = (found) => {
    items = found;
    at = 0;
    list.replaceChildren(...items.map((item, place) => {
      const row = make("li"), link = make("a", "", item.label);
      row.id = `found-${place}`;
      row.setAttribute("role", "option");
      Object.assign(link, { href: item.to, tabIndex: -1 });
      if (item.detail) link.append(make("span", "soft", item.detail));
      row.append(link);
      return row;
    }));
    mark();
    says.textContent = items.length === 0 ? "Nothing fits" : `${items.length} fit`;
  };
  const mark = () => {
    [...list.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === at)));
    const row = list.children[at];
    if (row) input.setAttribute("aria-activedescendant", row.id); else input.removeAttribute("aria-activedescendant");
    row?.scrollIntoView({ block: "nearest" });
  };
  const actions = (words) => opens().filter((item) => words.length > 0 || !item.isBehind).filter((item) => words.every((word) => item.label.toLowerCase().includes(word)));
  const look = async () => {
    const text = input.value.trim();
    asking?.abort();
    const own = actions(text.toLowerCase().split(/\s+/).filter(Boolean));
    if (text === "") { show(own); return; }
    asking = new AbortController();
    try {
      const answer = await fetch(`${home}/search?q=${encodeURIComponent(text)}`, { signal: asking.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = [...page.querySelectorAll("main table.list tbody tr")].map((row) => {
        const link = row.querySelector("a"), others = [...row.cells].slice(1, 3).map((cell) => cell.textContent.trim()).filter(Boolean);
        const number = row.cells[0].querySelector(".soft")?.textContent, kind = row.closest("table").caption?.textContent ?? "";
        return { label: link.textContent, number, kind, detail: others.join(", "), to: link.getAttribute("href") };
      });
      show([...ranked([...found, ...own.map((item) => ({ ...item, own: true }))], text).slice(0, 14), { label: `Search for “${text}”`, detail: "", to: `${home}/search?q=${encodeURIComponent(text)}` }]);
    } catch (error) {
      if (error.name !== "AbortError") show(own);
    }
  };
  input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 120); });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); at = Math.min(items.length - 1, Math.max(0, at + step)); mark(); }
    else if (event.key === "Enter") { event.preventDefault(); if (items[at]) location.assign(items[at].to); }
    // The field is all there is to hold: what fits is gone through with the arrows.
    else if (event.key === "Tab") event.preventDefault();
    // The browser would empty the field first.
    else if (event.key === "Escape") { event.preventDefault(); dialog.close(); }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  show(actions([]));
  open(dialog);
  input.focus();
}
