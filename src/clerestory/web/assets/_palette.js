// The palette: one field over everything, opened with Ctrl or Cmd and K or from the bar. Without it the bar searches.
const box = () => document.getElementById("palette");
const field = () => box().querySelector("[role=combobox]");
const list = () => document.getElementById("palette-list");
const MOST_RECENT = 5;
let waiting;
let asked = 0;
let opener = null;

document.addEventListener("keydown", (event) => {
  if (!box()) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (box().open) box().close();
    else open("");
  } else if (event.target === field()) {
    steer(event);
  }
});

// A press on the field in the bar opens the palette; typing there before does, with what was typed.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-palette-close]")) box().close();
  else if (event.target.matches("[data-palette-open]") && box()) open(event.target.value);
  const option = event.target.closest(".palette-option");
  if (option) remember(option);
});

document.addEventListener("input", (event) => {
  if (!box()) return;
  if (event.target.matches("[data-palette-open]")) {
    const text = event.target.value;
    event.target.value = "";
    open(text);
  } else if (event.target === field()) {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 120);
  }
});

document.addEventListener("submit", (event) => {
  if (event.target.matches('form[action$="/logout/"]')) forget();
});

document.addEventListener("pointermove", (event) => {
  const option = event.target instanceof Element && event.target.closest(".palette-option");
  if (option && option.getAttribute("aria-selected") !== "true" && (event.movementX || event.movementY)) choose(option);
});

function open(text) {
  opener = document.activeElement;
  field().value = text;
  box().showModal();
  field().focus();
  ask();
}

document.addEventListener("close", (event) => {
  if (event.target !== box()) return;
  field().setAttribute("aria-expanded", "false");
  field().removeAttribute("aria-activedescendant");
  if (opener && opener !== document.body) opener.focus();
}, true);

function steer(event) {
  const options = [...list().querySelectorAll("[role=option]")];
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 < 0 ? options.length - 1 : at - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    if (options.length) choose(options[to % options.length], true);
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    options[at].click();
  }
}

async function ask() {
  const number = ++asked;
  const text = field().value.trim();
  const url = `${box().dataset.search}?part=palette&q=${encodeURIComponent(text)}`;
  const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (number !== asked || !box().open) return;
  if (!answer || !answer.ok || answer.headers.get("HX-Redirect")) {
    field().form.submit();
    return;
  }
  const words = await answer.text();
  if (number !== asked) return;
  list().innerHTML = words;
  if (!text) showRecent();
  const options = list().querySelectorAll("[role=option]");
  box().querySelector(".palette-none").hidden = options.length > 0;
  field().setAttribute("aria-expanded", String(options.length > 0));
  const told = box().querySelector("[role=status]");
  told.textContent = options.length === 1 ? told.dataset.one : told.dataset.many.replace("{n}", options.length);
  if (options.length) choose(options[0]);
  else field().removeAttribute("aria-activedescendant");
}

function choose(option, scroll = false) {
  for (const other of list().querySelectorAll('[aria-selected="true"]')) other.setAttribute("aria-selected", "false");
  option.setAttribute("aria-selected", "true");
  field().setAttribute("aria-activedescendant", option.id);
  if (scroll) option.scrollIntoView({ block: "nearest" });
}

// What was opened lately stays in this browser, per person, until they sign out.
const place = () => `clerestory-recent-${box().dataset.person}`;

function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem(place()) || "[]");
    return kept.filter((one) => typeof one.label === "string" && /^\/[^/]/.test(one.url));
  } catch {
    return [];
  }
}

function remember(option) {
  const one = { label: option.dataset.label, url: option.getAttribute("href") };
  const kept = [one, ...recent().filter((other) => other.url !== one.url)].slice(0, MOST_RECENT);
  try {
    localStorage.setItem(place(), JSON.stringify(kept));
  } catch {
    // a browser that keeps nothing has no recent ones
  }
}

function forget() {
  if (box()) localStorage.removeItem(place());
}

function showRecent() {
  const kept = recent();
  if (!kept.length) return;
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  group.className = "palette-group";
  group.append(box().querySelector("[data-palette-recent]").content.cloneNode(true));
  group.firstElementChild.id = "palette-recent";
  group.setAttribute("aria-labelledby", "palette-recent");
  kept.forEach((one, number) => {
    const option = document.createElement("a");
    Object.assign(option, { className: "palette-option", id: `option-recent-${number + 1}`, href: one.url, tabIndex: -1 });
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.label = one.label;
    option.append(box().querySelector("[data-palette-icon]").content.cloneNode(true));
    const label = document.createElement("span");
    label.className = "palette-label";
    label.textContent = one.label;
    option.append(label);
    group.append(option);
  });
  list().prepend(group);
}
