// One spelling for one document: the part of RFC 8785 without fractions and without null, as the ledger reads it.
//
// Objects are maps, so that no key means anything to JavaScript. A text that holds fractions or null is read too, for
// documents that people write; what is canonical refuses them.

import { textOf } from "./bytes"
import { Wrong } from "../wrong"

export class Fraction {
  constructor(readonly text: string) {}
}
export type Json = string | number | bigint | boolean | null | Fraction | Json[] | Document
export type Document = Map<string, Json>
export class NotCanonical extends Wrong {}
export class NoJson extends Error {}
class DoubledKey extends Error {}

const DEEPEST = 64
const DEEPEST_READ = 800
const TOO_DEEP = `it is nested deeper than ${DEEPEST}`
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y
const PLAIN = /[^"\\\u0000-\u001f]*/y
const ESCAPES: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }
const WORDS: [string, Json][] = [["true", true], ["false", false], ["null", null]]

class Reader {
  private at = 0
  /** `strict` refuses fractions and integers beyond 2^53 - 1 where they stand; `once` refuses doubled keys. */
  constructor(
    private readonly text: string,
    private readonly strict: boolean,
    private readonly once: boolean,
  ) {}

  whole(): Json {
    this.blank()
    const value = this.value(0)
    this.blank()
    if (this.at !== this.text.length) throw new NoJson()
    return value
  }

  private blank(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at++
  }

  private value(depth: number): Json {
    const letter = this.text[this.at]
    if (depth > DEEPEST_READ) throw new NoJson()
    if (letter === '"') return this.string()
    if (letter === "{") return this.object(depth + 1)
    if (letter === "[") return this.list(depth + 1)
    for (const [word, value] of WORDS)
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length
        return value
      }
    return this.number()
  }

  private number(): Json {
    NUMBER.lastIndex = this.at
    const found = NUMBER.exec(this.text)
    if (!found) throw new NoJson()
    this.at += found[0].length
    if (found[1] || found[2]) {
      if (this.strict) throw new NoJson()
      return new Fraction(found[0])
    }
    const number = Number(found[0])
    if (Number.isSafeInteger(number)) return number + 0
    if (this.strict) throw new NoJson()
    return BigInt(found[0])
  }

  private string(): string {
    let said = ""
    this.at++
    for (;;) {
      PLAIN.lastIndex = this.at
      const piece = PLAIN.exec(this.text)?.[0] ?? ""
      said += piece
      this.at += piece.length
      const letter = this.text[this.at++]
      if (letter === '"') return said
      if (letter !== "\\") throw new NoJson()
      said += this.escape()
    }
  }

  private escape(): string {
    const letter = this.text[this.at++] ?? ""
    if (letter in ESCAPES) return ESCAPES[letter]
    const digits = this.text.slice(this.at, this.at + 4)
    if (letter !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) throw new NoJson()
    this.at += 4
    return String.fromCharCode(parseInt(digits, 16))
  }

  private list(depth: number): Json[] {
    const items: Json[] = []
    this.at++
    this.blank()
    if (this.text[this.at] === "]") return this.at++, items
    for (;;) {
      this.blank()
      items.push(this.value(depth))
      this.blank()
      const letter = this.text[this.at++]
      if (letter === "]") return items
      if (letter !== ",") throw new NoJson()
    }
  }

  private object(depth: number): Document {
    const found: Document = new Map()
    let count = 0
    this.at++
    this.blank()
    if (this.text[this.at] === "}") return this.at++, found
    for (;;) {
      this.blank()
      if (this.text[this.at] !== '"') throw new NoJson()
      const key = this.string()
      this.blank()
      if (this.text[this.at++] !== ":") throw new NoJson()
      this.blank()
      found.set(key, this.value(depth))
      count++
      this.blank()
      const letter = this.text[this.at++]
      if (letter === "}") break
      if (letter !== ",") throw new NoJson()
    }
    if (this.once && count !== found.size) throw new DoubledKey()
    return found
  }
}

/** Read JSON that a person may have written; doubled keys are refused with `"doubled"`. */
export function readJson(text: string): Json | "doubled" {
  try {
    return new Reader(text, false, true).whole()
  } catch (error) {
    if (error instanceof DoubledKey) return "doubled"
    throw error
  }
}

/** Read the canonical spelling of an object of at most so many values; anything else is refused. */
export function decode(data: Uint8Array, most: number): Document {
  const count = valuesIn(data)
  if (count > most)
    throw new NotCanonical(
      `A document may hold ${count} values, far more than one of a pack of this size does.`,
      "Do not use this pack; ask its owner for a new one.",
    )
  const text = textOf(data)
  let document: Json
  try {
    if (text === undefined) throw new NoJson()
    document = new Reader(text, true, false).whole()
  } catch (error) {
    if (!(error instanceof NoJson)) throw error
    throw refused(isDeep(data) ? TOO_DEEP : "the bytes are no JSON text of text, integers, lists and objects")
  }
  if (!(document instanceof Map)) throw refused("the outermost value is no object")
  if (encode(document) !== text)
    throw refused("the bytes are not the canonical spelling (order, spaces, escapes or doubled keys)")
  return document
}

/** Write the one canonical spelling. */
export function encode(document: Json): string {
  const text = written(document, 0)
  if (/[\ud800-\udfff]/u.test(text)) throw refused("a text holds half of a surrogate pair")
  return text
}

function written(value: Json, depth: number): string {
  if (typeof value === "string") return spelled(value)
  if (value === true || value === false) return String(value)
  if (typeof value === "number") return String(value)
  if (typeof value === "bigint") throw refused("an integer is beyond 2^53 - 1")
  if (value === null) throw refused("a value is of the type NoneType")
  if (value instanceof Fraction) throw refused("a value is of the type float")
  if (depth >= DEEPEST) throw refused(TOO_DEEP)
  if (Array.isArray(value)) return `[${value.map((item) => written(item, depth + 1)).join(",")}]`
  const keys = [...value.keys()].sort()
  return `{${keys.map((key) => `${spelled(key)}:${written(value.get(key) ?? null, depth + 1)}`).join(",")}}`
}

function spelled(text: string): string {
  if (/^[\x20-\x21\x23-\x5b\x5d-\x7f]*$/.test(text)) return `"${text}"`
  return JSON.stringify(text).replace(/\\u(d[89a-f][0-9a-f]{2})/g, (whole, digits, place, all) =>
    escapedBefore(all, place) ? whole : String.fromCharCode(parseInt(digits, 16)),
  )
}

/** Say whether the backslash at a place is itself the second of a pair, so that no half of a letter stands there. */
function escapedBefore(text: string, place: number): boolean {
  let count = 0
  while (text[place - 1 - count] === "\\") count++
  return count % 2 === 1
}

/** A number that the values of a JSON text cannot exceed, however it is nested. */
export function valuesIn(data: Uint8Array): number {
  let count = 1
  for (const byte of data) if (byte === 0x7b || byte === 0x5b || byte === 0x2c) count++
  return count
}

function isDeep(data: Uint8Array): boolean {
  let depth = 0
  let quoted = false
  for (let place = 0; place < data.length; place++) {
    const byte = data[place]
    if (quoted) {
      if (byte === 0x5c) place++
      else if (byte === 0x22) quoted = false
    } else if (byte === 0x22) quoted = true
    else if (byte === 0x5b || byte === 0x7b) depth++
    else if (byte === 0x5d || byte === 0x7d) depth--
    if (depth > DEEPEST) return true
  }
  return false
}

function refused(reason: string): NotCanonical {
  return new NotCanonical(
    `A document has no canonical form: ${reason}.`,
    "Use text, integers up to 2^53 - 1, lists and objects; write fractions as decimal text.",
  )
}
