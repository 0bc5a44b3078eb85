// What lists do besides links and forms: keys, menus that close, rows that are chosen. All of it also works without.

const LISTENING = "list-keys";
const list = () => document.getElementById("list");
const boxes = () => [...document.querySelectorAll("#list [name=ids]")];

// Chosen rows: the bar counts them; the head chooses the whole page; Shift chooses up to the last one.
let last = null;

function count() {
  const bar = document.querySelector("[data-steps-bar]");
  if (!bar) return;
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  const words = bar.querySelector(".chosen-count");
  const said = chosen === 1 ? words.dataset.countOne : words.dataset.countMany.replace("#", String(chosen));
  words.dataset.none ??= words.textContent;
  words.textContent = chosen ? said : words.dataset.none;
  bar.classList.toggle("has-chosen", chosen > 0);
  bar.querySelector("[data-pick-none]").hidden = !chosen;
  for (const place of document.querySelectorAll("[data-step-count]")) place.textContent = chosen ? `${said}.` : "";
  const head = document.querySelector("[data-pick-all]");
  head.hidden = false;
  head.checked = chosen > 0 && chosen === all.length;
  head.indeterminate = chosen > 0 && chosen < all.length;
}

function choose(box, reach) {
  const all = boxes();
  if (reach && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const other of all.slice(from, to + 1)) other.checked = box.checked;
  }
  last = box;
  count();
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("#list [name=ids]");
  if (box) choose(box, event.shiftKey);
  const asking = event.target.closest("#list button[name=ask]");
  if (asking && boxes().some((one) => one.checked)) {
    event.preventDefault();
    document.getElementById(`step-${asking.value}`).showModal();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) {
    for (const box of boxes()) box.checked = event.target.checked;
    count();
  } else if (event.target.matches("[data-keys-on]")) {
    if (event.target.checked) localStorage.removeItem(LISTENING);
    else localStorage.setItem(LISTENING, "off");
  }
});

document.addEventListener("reset", (event) => {
  if (event.target.matches("[data-steps-bar]")) setTimeout(count);
});

// Menus close when one looks elsewhere.
function close(kept) {
  for (const menu of document.querySelectorAll("[data-drop][open]")) if (menu !== kept) menu.open = false;
}

document.addEventListener("pointerdown", (event) => close(event.target.closest("[data-drop]")));
document.addEventListener("focusin", (event) => close(event.target.closest("[data-drop], dialog")?.closest("[data-drop]")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("[data-drop][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Keys of a list: only where nothing is typed, and not where somebody turned them off.
const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll("#list [data-row]")];
const handle = (row) => row?.querySelector(".row-link") ?? row?.querySelector("a[href], [name=ids]");

function step(by) {
  const all = rows();
  const here = all.findIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + by, 0), all.length - 1);
  const target = handle(all[next]);
  target?.focus();
  target?.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement?.closest("#list [data-row]")?.querySelector("[name=ids]")?.click(),
  "/": () => document.querySelector("[data-list-search]")?.focus(),
  "?": () => showKeys(),
};

function showKeys() {
  const dialog = document.getElementById("list-keys");
  dialog.querySelector("[data-keys-on]").checked = localStorage.getItem(LISTENING) !== "off";
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  if (!act || !list() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (localStorage.getItem(LISTENING) === "off" && event.key !== "?") return;
  event.preventDefault();
  act();
});

document.addEventListener("toggle", (event) => {
  if (event.target.id === "list-keys") {
    event.target.querySelector("[data-keys-on]").checked = localStorage.getItem(LISTENING) !== "off";
  }
}, true);

document.addEventListener("htmx:after:swap", count);
document.addEventListener("DOMContentLoaded", count);
window.addEventListener("pageshow", count);
