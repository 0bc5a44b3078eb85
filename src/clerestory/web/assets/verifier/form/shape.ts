// The shapes of values in documents. What has another one is refused in the words of every verifier.

import type { Document, Json } from "./json"
import { repr } from "./python"

/** Something is missing or of another type; the message is the end of a sentence. */
export class Misshapen extends Error {}

export function part(document: Document, key: string): Json {
  const value = document.get(key)
  if (value === undefined) throw new Misshapen(repr(key))
  return value
}

export function text(value: Json): string {
  if (typeof value !== "string") throw new Misshapen(`${repr(value)} is no text`)
  return value
}

export function items(value: Json): Json[] {
  if (!Array.isArray(value)) throw new Misshapen(`${repr(value)} is no list`)
  return value
}

export function object(value: Json): Document {
  if (!(value instanceof Map)) throw new Misshapen(`${repr(value)} is no object`)
  return value
}

export function whole(value: Json): number {
  if (typeof value !== "number" || value < 0) throw new Misshapen(`${repr(value)} is no whole number`)
  return value
}

export function integer(value: Json): number {
  if (typeof value !== "number") throw new Misshapen(`${repr(value)} is no integer`)
  return value
}

export function texts(value: Json): string[] {
  return items(value).map(text)
}

/** Whether a document has these keys and no others. */
export function keysAre(document: Document, keys: readonly string[]): boolean {
  return document.size === keys.length && keys.every((key) => document.has(key))
}
