// The leaf: a small commitment to two payloads, `facts` and `content`, that never holds a payload itself.

import { NotCanonical, decode, type Document, type Json } from "../form/json"
import { Wrong } from "../wrong"

export const LARGEST_LEAF = 8192
const DIGEST = /^sha256:[0-9a-f]{64}$/
const COMMITMENT = /^(?:sha256|hmac-sha256):[0-9a-f]{64}$/
const HASH = /^[0-9a-f]{64}$/
const KEYS = ["v", "kind", "entity", "entity_version", "subject", "commit", "actor", "at", "policy_version", "caused_by", "predicateType"]

/** What one place of the log says, by the names under which a contradiction is told. */
export interface Leaf {
  kind: string
  entity: string
  entity_version: number
  subject: [string, string][]
  facts: string
  content: string | null
  actor: string
  at: string
  policy_version: string
  caused_by: string[]
  predicate_type: string
}

export function readLeaf(data: Uint8Array): Leaf {
  if (data.length > LARGEST_LEAF) throw malformed(`it has ${data.length} bytes; ${LARGEST_LEAF} are allowed`)
  const document = canonical(data)
  if (document.size !== KEYS.length || !KEYS.every((key) => document.has(key)) || document.get("v") !== 1)
    throw malformed("it has missing or unknown parts, or another version")
  const commit = document.get("commit")
  if (!(commit instanceof Map)) throw malformed("commit is no object")
  const named = [...commit.keys()]
  if (!commit.has("facts") || !named.every((key) => key === "facts" || key === "content"))
    throw malformed("its commitments are not facts and content")
  return {
    kind: text(document, "kind"),
    entity: text(document, "entity"),
    entity_version: whole(document, "entity_version"),
    subject: list(document, "subject").map(pair),
    facts: matching(commit, "facts", DIGEST),
    content: commit.has("content") ? matching(commit, "content", COMMITMENT) : null,
    actor: text(document, "actor"),
    at: text(document, "at"),
    policy_version: text(document, "policy_version"),
    caused_by: list(document, "caused_by").map((item) => matching(new Map([["item", item]]), "item", HASH)),
    predicate_type: text(document, "predicateType"),
  }
}

function canonical(data: Uint8Array): Document {
  try {
    return decode(data, Infinity)
  } catch (error) {
    throw error instanceof NotCanonical ? malformed("it is not canonical JSON") : error
  }
}

function pair(item: Json): [string, string] {
  if (!(item instanceof Map) || !item.size || ![...item.keys()].every((key) => key === "name" || key === "digest"))
    throw malformed("a subject has neither name nor digest")
  return [item.has("name") ? text(item, "name") : "", item.has("digest") ? matching(item, "digest", DIGEST) : ""]
}

function text(document: Document, key: string): string {
  const value = document.get(key)
  if (typeof value !== "string" || !value) throw malformed(`${key} is no text`)
  return value
}

function matching(document: Document, key: string, form: RegExp): string {
  const value = text(document, key)
  if (!form.test(value)) throw malformed(`${key} is no hash`)
  return value
}

function whole(document: Document, key: string): number {
  const value = document.get(key)
  if (typeof value !== "number" || value < 0) throw malformed(`${key} is no whole number`)
  return value
}

function list(document: Document, key: string): Json[] {
  const value = document.get(key)
  if (!Array.isArray(value)) throw malformed(`${key} is no list`)
  return value
}

function malformed(reason: string): Wrong {
  return new Wrong(`A leaf is malformed: ${reason}.`, "Use the version that wrote it, or ask for the original.")
}
