// The level of a rating, said while it is chosen. The server reads the same matrix again.

function read(scales) {
  const said = scales.parentElement.querySelector("[data-risk-reading]");
  const chosen = new Map();
  for (const input of scales.querySelectorAll("input[type=radio]:checked")) chosen.set(input.name, Number(input.value));
  const wanted = new Set([...scales.querySelectorAll("input[type=radio]")].map((input) => input.name));
  if (!said || chosen.size < wanted.size) {
    if (said) said.hidden = true;
    return;
  }
  const order = ["low", "medium", "high", "very high"];
  const rows = scales.dataset.riskMatrix.split(";").map((row) => row.split(","));
  const consequence = Math.max(...[...chosen].filter(([name]) => name !== "likelihood").map(([, step]) => step));
  const level = rows[chosen.get("likelihood") - 1]?.[consequence - 1];
  if (!level) return;
  const over = order.indexOf(level) > order.indexOf(scales.dataset.riskAcceptable);
  const word = said.getAttribute(`data-level-${level.replace(" ", "-")}`);
  said.textContent = `${said.dataset.says} ${word}: ${over ? said.dataset.over : said.dataset.within}.`;
  said.hidden = false;
}

document.addEventListener("change", (event) => {
  const scales = event.target.closest?.("[data-risk-matrix]");
  if (scales) read(scales);
});
for (const scales of document.querySelectorAll("[data-risk-matrix]")) read(scales);
