// The trust file: what an auditor receives once, outside of any pack: which log, its keys, and what else must be true.
//
// Text with one verifier key per line is read too, and so is a C2SP policy, whose quorum may be of groups.

import { hex, rawText, textOf } from "../form/bytes"
import { NoJson, NotCanonical, encode, readJson, type Json } from "../form/json"
import { keysAre } from "../form/shape"
import { KeyMalformed, LOG_KEY, WITNESS_KEY, readKey, type Key } from "./note"
import { Policy, PolicyMalformed } from "./policy"
import { always, type Term } from "./rotation"
import { Wrong } from "../wrong"

export const LARGEST_TRUST = 256 * 1024
const POLICY = /^(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:log|witness|group|quorum)[ \t]/
const TERM = ["key", "first", "last", "compromised"]
const LINES = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/

export class Trust {
  constructor(
    readonly origin: string,
    readonly keys: Key[],
    readonly witnesses: Key[],
    readonly quorum: number,
    readonly policy?: Policy,
    /** Of the keys that may not sign at every size. */
    readonly limits: Term[] = [],
  ) {}

  keysOf(origin: string): Key[] {
    return this.keys.filter((key) => key.name === origin)
  }

  /** The same keys with the sizes at which they may sign. */
  termsOf(origin: string): Term[] {
    return this.keysOf(origin).map((key) => this.limits.find((term) => term.key.text === key.text) ?? always(key))
  }

  /** The witnesses that count: those that the trust file names, or that the policy's quorum names. */
  independent(): Key[] {
    return this.policy ? this.policy.counting() : this.witnesses
  }

  metBy(seen: Key[]): boolean {
    return this.policy ? this.policy.metBy(seen) : seen.length >= this.quorum
  }
}

export function readTrust(whole: Uint8Array): Trust {
  const data = whole.subarray(0, LARGEST_TRUST)
  const trust = read(data)
  const foreign = !trust.policy && trust.keysOf(trust.origin).length !== trust.keys.length
  if (!trust.keys.length || foreign || trust.keys.some((key) => key.kind !== LOG_KEY))
    throw unreadable("it names no key, or a key that is not the log's")
  if (trust.witnesses.some((key) => key.kind !== WITNESS_KEY)) throw unreadable("a witness's key is not a witness's key")
  const keys = [...trust.keys, ...trust.witnesses]
  if (new Set(keys.map((key) => hex(key.public))).size !== keys.length) throw unreadable("one key stands in it twice")
  if (trust.quorum < 0 || trust.quorum > trust.witnesses.length)
    throw unreadable("it asks for more witnesses than it names")
  return trust
}

function read(data: Uint8Array): Trust {
  try {
    return POLICY.test(rawText(data)) ? readPolicy(data) : readText(data)
  } catch (error) {
    if (error instanceof KeyMalformed) throw new Wrong(`The trust file holds a bad key: ${error.problem}`, error.remedy)
    if (error instanceof NotCanonical) throw unreadable(error.message)
    if (error instanceof NoJson) throw unreadable("it is no JSON text")
    throw error instanceof PolicyMalformed ? new Wrong(error.problem, error.remedy) : error
  }
}

function readPolicy(data: Uint8Array): Trust {
  const policy = Policy.read(data)
  return new Trust(policy.logs[0]?.name ?? "", policy.logs, [...policy.witnesses.values()], policy.fewest(), policy)
}

function readText(data: Uint8Array): Trust {
  const text = textOf(data)
  if (text === undefined) throw unreadable("it is no text in UTF-8")
  return /^[\s\x1c-\x1f\x85]*\{/.test(text) && !text.startsWith("\ufeff") ? readDocument(text) : readLines(text)
}

function readDocument(text: string): Trust {
  const document = readJson(text)
  if (document === "doubled") throw unreadable("a part stands in it twice")
  encode(document)
  if (!(document instanceof Map)) throw new NoJson()
  const authorities = document.get("authorities") ?? []
  document.delete("authorities") // time tokens are not checked here, and the verdict says so
  const known = keysAre(document, ["v", "origin", "keys", "witnesses", "quorum"]) && document.get("v") === 1
  if (!known) throw unreadable("it has missing or unknown parts, or another version")
  const [origin, quorum] = [document.get("origin"), document.get("quorum")]
  if (typeof quorum !== "number" || typeof origin !== "string")
    throw unreadable("its origin is no text or its quorum no number")
  const limits = terms(document.get("keys"))
  if (!Array.isArray(authorities) || !authorities.every((item) => item instanceof Map))
    throw unreadable("its time stamping authorities are no list of objects")
  const named = limits.map((term) => term.key)
  return new Trust(origin, named, keys(document.get("witnesses")), quorum, undefined, limits)
}

function readLines(text: string): Trust {
  const lines = text.split(LINES).map((line) => line.trim())
  const found = lines.filter((line) => line && !line.startsWith("#")).map(readKey)
  if (!found.length) throw unreadable("it holds no key")
  const logs = found.filter((key) => key.kind === LOG_KEY)
  return new Trust(logs[0]?.name ?? "", logs, found.filter((key) => key.kind === WITNESS_KEY), 0)
}

function keys(value: Json | undefined): Key[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw unreadable("its keys are no list of texts")
  return value.map((item) => readKey(String(item)))
}

function terms(value: Json | undefined): Term[] {
  if (!Array.isArray(value)) throw unreadable("its keys are no list")
  return value.map((item) => (typeof item === "string" ? always(readKey(item)) : limited(item)))
}

function limited(item: Json): Term {
  const parts = item instanceof Map ? [...item.keys()] : []
  if (!(item instanceof Map) || !parts.includes("key") || parts.length < 2 || !parts.every((name) => TERM.includes(name)))
    throw unreadable("one of its keys has missing or unknown parts")
  const [text, first, last] = [item.get("key"), item.get("first") ?? 0, item.get("last")]
  const numbers = typeof first === "number" && (last === undefined || typeof last === "number")
  if (typeof text !== "string" || !numbers)
    throw unreadable("one of its keys is no text, or a size of it no number")
  const backwards = first < 0 || (last !== undefined && last < first)
  if (backwards || (item.get("compromised") ?? true) !== true)
    throw unreadable("one of its keys ends before it begins, or is compromised in another way than true")
  return { key: readKey(text), first, last, compromised: item.has("compromised") }
}

function unreadable(reason: string): Wrong {
  return new Wrong(
    `The trust file cannot be read: ${reason}.`,
    "Ask the log's owner for the output of: clerestory ledger trust",
  )
}
