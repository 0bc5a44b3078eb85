// Forms: what is wrong with a field is said when one leaves it, and what was typed is kept as a draft.
// Comments: names of members after an @. Without scripts, forms say what is wrong when they are sent, and names are typed.

const FIELD = "form[data-inline] :is(input, select, textarea)";
const PAUSE = 800;
const waiting = new WeakMap();
const touched = new WeakSet();

document.addEventListener("input", (event) => {
  const field = event.target;
  touched.add(field);
  const form = field.closest("form[data-draft]");
  if (form) later(form);
  if (field.matches("textarea[data-mention]")) offer(field);
});

document.addEventListener("focusout", (event) => {
  const field = event.target;
  if (field.matches(FIELD) && field.name && !["hidden", "file", "submit"].includes(field.type)) {
    if (touched.has(field) || field.getAttribute("aria-invalid") === "true") validate(field);
  }
  if (field.matches("textarea[data-mention]")) setTimeout(close, 150, field);
});

async function validate(field) {
  const form = field.form;
  const body = sent(form);
  body.set("_field", field.name);
  const value = field.value;
  const response = await fetch(form.getAttribute("action") || location.href, { method: "POST", body }).catch(() => null);
  if (!response?.ok || response.redirected || field.value !== value) return;
  const made = document.createElement("template");
  made.innerHTML = await response.text();
  const error = made.content.querySelector("[id$=_error]");
  const box = field.closest(".field");
  if (!box || !box.isConnected) return;
  box.querySelector("[id$=_error]")?.remove();
  const described = (field.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && !id.endsWith("_error"));
  if (error) {
    described.push(error.id);
    box.append(error);
  }
  field.setAttribute("aria-invalid", String(Boolean(error)));
  if (described.length) field.setAttribute("aria-describedby", described.join(" "));
  else field.removeAttribute("aria-describedby");
}

// On a narrow screen the tab that is open stands in view.
document.querySelector(".tab-link[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// Drafts: saved a moment after the last key, and when the page is left; never after the form was sent.
function later(form) {
  const held = waiting.get(form) || {};
  clearTimeout(held.timer);
  held.timer = setTimeout(save, PAUSE, form);
  waiting.set(form, held);
}

function sent(form) {
  const body = new FormData(form);
  for (const field of form.elements) {
    if (field.name && (field.type === "file" || field.type === "password" || field.matches("[data-secret]"))) {
      body.delete(field.name);
    }
  }
  return body;
}

async function save(form, keepalive = false) {
  const held = waiting.get(form);
  if (!held || held.done) return;
  clearTimeout(held.timer);
  held.timer = null;
  held.stop?.abort();
  held.stop = new AbortController();
  const state = form.querySelector("[data-draft-state]");
  try {
    const options = { method: "POST", body: sent(form), keepalive, signal: keepalive ? undefined : held.stop.signal };
    const response = await fetch(form.dataset.draftUrl, options);
    if (state && !held.done) state.textContent = response.ok && !response.redirected ? state.dataset.saved : state.dataset.failed;
  } catch (error) {
    if (state && error.name !== "AbortError") state.textContent = state.dataset.failed;
  }
}

document.addEventListener("submit", (event) => {
  const held = waiting.get(event.target);
  if (!held) return;
  held.done = true;
  clearTimeout(held.timer);
  held.stop?.abort();
});

addEventListener("pagehide", () => {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    if (waiting.get(form)?.timer) save(form, true);
  }
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const held = waiting.get(form);
    if (held) held.done = false;
  }
});

// Mentions: a list of names under the text while an @ is being written. Arrows choose, Enter or Tab take, Escape closes.
function offer(text) {
  const written = /(?:^|[^\w@.])@([\p{L}\p{M}\w.'-]{0,30}(?: [\p{L}\p{M}\w.'-]{0,30})?)$/u.exec(text.value.slice(0, text.selectionStart));
  if (!written) return close(text);
  const begun = written[1].toLowerCase();
  const names = [...document.querySelectorAll(`#${text.dataset.mention} [data-name]`)].map((item) => item.dataset.name);
  const found = names.filter((name) => ` ${name.toLowerCase()}`.includes(` ${begun}`) && name.toLowerCase() !== begun).slice(0, 8);
  if (!found.length) return close(text);
  const list = listOf(text);
  list.replaceChildren(...found.map((name, place) => {
    const item = document.createElement("li");
    item.id = `${list.id}-${place}`;
    item.role = "option";
    item.textContent = name;
    item.dir = "auto";
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      take(text, name);
    });
    return item;
  }));
  list.hidden = false;
  choose(text, 0);
}

function listOf(text) {
  let list = document.getElementById(`${text.id}-names`);
  if (!list) {
    list = document.createElement("ul");
    list.id = `${text.id}-names`;
    list.role = "listbox";
    list.ariaLabel = document.querySelector(`#${text.dataset.mention}`).closest("details").querySelector("summary").textContent;
    list.className = "mention-list";
    list.hidden = true;
    text.after(list);
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-controls", list.id);
  }
  return list;
}

function choose(text, place) {
  const items = [...listOf(text).children];
  const chosen = (place + items.length) % items.length;
  items.forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
  text.setAttribute("aria-activedescendant", items[chosen].id);
}

function take(text, name) {
  const before = text.value.slice(0, text.selectionStart).replace(/@[^@]*$/u, `@${name} `);
  text.setRangeText(before, 0, text.selectionStart, "end");
  close(text);
}

function close(text) {
  const list = document.getElementById(`${text.id}-names`);
  if (!list) return;
  list.hidden = true;
  text.removeAttribute("aria-activedescendant");
}

document.addEventListener("keydown", (event) => {
  const text = event.target;
  if (!text.matches?.("textarea[data-mention]")) return;
  const list = document.getElementById(`${text.id}-names`);
  if (!list || list.hidden) return;
  const place = [...list.children].findIndex((item) => item.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") choose(text, place + 1);
  else if (event.key === "ArrowUp") choose(text, place - 1);
  else if (event.key === "Enter" || event.key === "Tab") take(text, list.children[place].textContent);
  else if (event.key === "Escape") close(text);
  else return;
  event.preventDefault();
});
