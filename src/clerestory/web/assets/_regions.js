// A table that is wider than its place is scrolled; then it can be reached and scrolled with the keyboard, and has a name.
const sizes = new ResizeObserver((seen) => seen.forEach(({ target }) => name(target)));

function name(wrap) {
  if (wrap.scrollWidth <= wrap.clientWidth) {
    ["tabindex", "role", "aria-label"].forEach((attribute) => wrap.removeAttribute(attribute));
    return;
  }
  const around = wrap.closest("section, details, dialog, main");
  const title = wrap.querySelector("caption") ?? around?.querySelector("h1, h2, h3, summary");
  wrap.tabIndex = 0;
  wrap.setAttribute("role", "group");
  wrap.setAttribute("aria-label", (title?.textContent ?? document.title).trim().replace(/\s+/g, " "));
}

function watch() {
  sizes.disconnect();
  document.querySelectorAll(".table-wrap").forEach((wrap) => sizes.observe(wrap));
}

watch();
document.addEventListener("htmx:after:swap", watch);
