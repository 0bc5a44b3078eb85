// How Python writes values and orders texts, so that a sentence about a file is the same in every verifier.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/u

/** Whether a text holds seen letters and plain blanks alone. */
export function printable(text: string): boolean {
  for (const letter of text) if (letter !== " " && UNSEEN.test(letter)) return false
  return true
}

export function repr(value: unknown): string {
  if (value === undefined || value === null) return "None"
  if (value === true) return "True"
  if (value === false) return "False"
  if (typeof value === "string") return quoted(value)
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${repr(key)}: ${repr(item)}`).join(", ")}}`
  return String(value)
}

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  let said = mark
  for (const letter of text) said += escaped(letter, mark)
  return said + mark
}

function escaped(letter: string, mark: string): string {
  if (letter === "\\" || letter === mark) return `\\${letter}`
  if (letter === "\n") return "\\n"
  if (letter === "\r") return "\\r"
  if (letter === "\t") return "\\t"
  if (printable(letter)) return letter
  const code = letter.codePointAt(0) ?? 0
  const digits = code.toString(16)
  if (code < 0x100) return `\\x${digits.padStart(2, "0")}`
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`
}

/** Compare by code points, where JavaScript compares by halves of them. */
export function byCodePoint(left: string, right: string): number {
  const [one, other] = [[...left], [...right]]
  const place = one.findIndex((letter, at) => letter !== other[at])
  if (place < 0) return one.length - other.length
  return place < other.length ? (one[place].codePointAt(0) ?? 0) - (other[place].codePointAt(0) ?? 0) : 1
}

/** The first letters of a text, counted as Python counts them. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : [...text].slice(0, most).join("")
}
