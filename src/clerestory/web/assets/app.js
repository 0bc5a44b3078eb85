// What pages do in the browser besides links and forms. Everything here also works, slower, without it.
import htmx from "htmx.org";
import "./_record.js";
import "./_lists.js";
import "./_palette.js";
import "./_regions.js";
import "./_risk.js";

const root = document.documentElement;

// Lists and the board: filters act while they are changed. The whole page is morphed, with what its head says and exports.
let waiting;

function filtered(form) {
  const url = new URL(form.getAttribute("action") || location.pathname, location.origin);
  for (const [name, value] of new FormData(form)) {
    if (value !== "") url.searchParams.append(name, value);
  }
  return url;
}

function refresh(form) {
  const url = filtered(form);
  htmx
    .ajax("GET", url.pathname + url.search, { source: form, target: "#page", select: "#page", swap: "outerMorph" })
    .then(() => history.replaceState(history.state, "", url));
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-live]");
  if (!form) return;
  clearTimeout(waiting);
  waiting = setTimeout(refresh, event.target.matches("[type=search], [type=text]") ? 260 : 0, form);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("form[data-live]")) {
    event.preventDefault();
    clearTimeout(waiting);
    refresh(form);
  } else if (form.matches("form[data-theme-choice]")) {
    event.preventDefault();
    chooseTheme(form, event.submitter.value);
  } else if (form.getAttribute("method") === "post" && !event.defaultPrevented) {
    if (form.dataset.sent) event.preventDefault(); // the second click of a double click; the server would notice it too
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 1500);
  }
});

// Light, dark or as the system says; the cookie lets the server draw the next page right at once.
function chooseTheme(form, theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const age = theme ? 31536000 : 0;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  document.dispatchEvent(new Event("themechange"));
}

// The sheet at the side shows a page's part without leaving the list. Its link is in the bar of the sheet.
const sheet = () => document.getElementById("sheet");
let opener = null;

document.addEventListener("click", (event) => {
  const target = event.target.closest("a[data-sheet], [data-copy], [commandfor]");
  if (!target) return;
  if (target.matches("a[data-sheet]")) openSheet(event, target);
  else if (target.matches("[data-copy]")) copy(target);
  else if (!("commandForElement" in HTMLButtonElement.prototype)) command(target);
});

function openSheet(event, link) {
  const box = sheet();
  if (!box || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!box.open) opener = link;
  htmx
    .ajax("GET", link.getAttribute("href"), { source: link, target: "#sheet-body", select: "#why", swap: "innerHTML" })
    .then(() => {
      box.querySelector("[data-sheet-page]").href = link.href;
      if (!box.open) box.showModal();
      box.scrollTop = 0;
    });
}

document.addEventListener("close", (event) => {
  if (event.target === sheet() && opener) opener.focus();
}, true);

function command(button) {
  const dialog = document.getElementById(button.getAttribute("commandfor"));
  if (button.getAttribute("command") === "show-modal") dialog.showModal();
  else dialog.close();
}

async function copy(button) {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  const words = button.querySelector("[data-copied]");
  if (words) words.textContent = words.dataset.copied;
}

// A click on the ground behind a dialog closes it.
document.addEventListener("pointerdown", (event) => {
  if (event.target instanceof HTMLDialogElement && event.target.open) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right
      && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

// Where an organisation is founded, the time zone of the browser is proposed; it stands open to change.
for (const field of document.querySelectorAll("select[data-own-zone]")) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...field.options].some((option) => option.value === own)) field.value = own;
}

root.classList.add("scripted");
