// The page of verify.html: takes files by choice or by drag, shows how far the check is, and then the verdict.
//
// Everything that comes out of a file is put in as text, never as markup.

import { check } from "./check"
import { clean } from "./readme"
import { CODES, exitOf, type Exit, type Problem, type Verdict } from "./verdict"
import { CONSEQUENCES, findings, headline, isEntry, meaning, parts, type Mark } from "./words"

const SIGNS: Record<Mark, [string, string]> = {
  good: ["\u2713", "verified: "],
  bad: ["\u2717", "failed: "],
  open: ["!", "note: "],
}
const LOOKS: Record<Exit, Mark> = { 0: "good", 1: "bad", 2: "bad", 4: "open", 5: "open" }
const TEN_PER_SECOND = 100

function found<Kind extends HTMLElement>(id: string): Kind {
  const element = document.getElementById(id)
  if (!element) throw new Error(id)
  return element as Kind
}

const [packInput, trustInput, earlierInput] = ["pack", "trust", "earlier"].map((id) => found<HTMLInputElement>(id))
const [result, status, drop] = [found("result"), found("status"), found("drop")]
const bar = found<HTMLProgressElement>("progress")
const start = found<HTMLButtonElement>("check")
let shown = ""

function node(tag: string, attributes: Record<string, string>, ...inside: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...inside)
  return element
}

async function run(): Promise<void> {
  const pack = packInput.files?.[0]
  if (!pack) {
    status.textContent = "Choose a pack first."
    packInput.focus()
    return
  }
  start.disabled = true
  bar.hidden = false
  bar.value = 0
  status.textContent = `Checking ${pack.name} ...`
  result.replaceChildren()
  try {
    show(await check(pack, trustInput.files?.[0], [...(earlierInput.files ?? [])], progress()), pack.name)
    status.textContent = "The check is done."
  } catch (error) {
    status.textContent = `The check stopped: ${String(error)}. No verdict was reached. Use verify.py or clerestory-verify.`
  }
  bar.hidden = true
  start.disabled = false
}

/** Show how far it is and let the browser breathe, at most ten times a second. */
function progress(): (done: number, whole: number) => Promise<void> {
  let last = performance.now()
  return async (done, whole) => {
    if (performance.now() - last < TEN_PER_SECOND) return
    bar.max = whole
    bar.value = Math.min(done, whole)
    await new Promise((go) => setTimeout(go))
    last = performance.now()
  }
}

function show(verdict: Verdict, name: string): void {
  const read = exitOf(verdict) !== 2
  shown = `${JSON.stringify(verdict, null, 2)}\n`
  const title = node("h2", { id: "headline", tabindex: "-1" }, headline(verdict))
  result.replaceChildren(
    node(
      "section",
      { class: `verdict ${LOOKS[exitOf(verdict)]}`, "aria-labelledby": "headline" },
      node("p", { class: "soft" }, `${isEntry(verdict) ? "Proof of one entry" : "Audit pack"}: ${clean(name)}`),
      title,
      node("p", {}, meaning(verdict)),
    ),
    ...(read ? [table(verdict), checked(verdict)] : []),
    ...(verdict.problems.length ? [problems(verdict)] : []),
    asDocument(),
  )
  title.focus()
}

function sign(mark: Mark): HTMLElement {
  const [letter, word] = SIGNS[mark]
  return node(
    "span",
    { class: `sign ${mark}` },
    node("span", { "aria-hidden": "true" }, letter),
    node("span", { class: "unseen" }, word),
  )
}

function table(verdict: Verdict): HTMLElement {
  const rows = parts(verdict).map(([name, word, mark]) =>
    node("div", {}, node("dt", {}, name), node("dd", { class: mark }, sign(mark), word)),
  )
  return node("section", { "aria-label": "Separate verdicts" }, node("dl", { class: "parts" }, ...rows))
}

function checked(verdict: Verdict): HTMLElement {
  const lines = [...findings(verdict)].map(([mark, text]) => node("li", {}, sign(mark), node("span", {}, clean(text))))
  return node("section", {}, node("h2", {}, "What was checked"), node("ul", { class: "lines" }, ...lines))
}

function problems(verdict: Verdict): HTMLElement {
  const failed = [1, 2].includes(exitOf(verdict))
  const title = failed ? "What does not follow, and what to do" : "What to do"
  return node("section", {}, node("h2", {}, title), ...verdict.problems.map(problem))
}

function problem({ code, where, problem: what, remedy }: Problem): HTMLElement {
  const pairs = [["Where", where], ["Problem", what], ["So", CONSEQUENCES[code]], ["Remedy", remedy]]
  return node(
    "article",
    {},
    node("h3", {}, node("code", {}, code), ` ${CODES[code][1]}`),
    node("dl", {}, ...pairs.flatMap(([name, text]) => [node("dt", {}, name), node("dd", {}, clean(text))])),
  )
}

function asDocument(): HTMLElement {
  const save = node("button", { type: "button", id: "save" }, "Save as JSON")
  save.addEventListener("click", () => {
    const address = URL.createObjectURL(new Blob([shown], { type: "application/json" }))
    node("a", { href: address, download: "verdict.json" }).click()
    setTimeout(() => URL.revokeObjectURL(address), 1000)
  })
  const text = node("pre", { id: "document", tabindex: "0", role: "region", "aria-label": "The verdict as a document" }, shown)
  return node("details", {}, node("summary", {}, "The verdict as a document, for machines"), save, text)
}

/** Put dropped files where they belong: a zip or a proof is checked, what is neither says whom to trust. */
function dropped(files: File[]): void {
  const isPack = (file: File) => /\.(zip|tlog-proof)$/i.test(file.name)
  const [pack, ...others] = files.filter(isPack)
  const trust = files.find((file) => !isPack(file))
  if (pack) put(packInput, [pack])
  if (trust) put(trustInput, [trust])
  if (others.length) put(earlierInput, others)
  if (packInput.files?.length) void run()
  else status.textContent = "Now choose the pack."
}

function put(input: HTMLInputElement, files: File[]): void {
  const transfer = new DataTransfer()
  files.forEach((file) => transfer.items.add(file))
  input.files = transfer.files
}

document.addEventListener("dragover", (event) => {
  event.preventDefault()
  drop.classList.add("over")
})
document.addEventListener("dragleave", () => drop.classList.remove("over"))
document.addEventListener("drop", (event) => {
  event.preventDefault()
  drop.classList.remove("over")
  dropped([...(event.dataTransfer?.files ?? [])])
})
found<HTMLFormElement>("form").addEventListener("submit", (event) => {
  event.preventDefault()
  void run()
})
