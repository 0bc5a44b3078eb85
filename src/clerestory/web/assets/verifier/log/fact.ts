// The fact: what the judge reads of one entry. Read strictly, and turned into the leaf that it must have.

import type { Document, Json } from "../form/json"
import { readMoment } from "../form/moment"
import { isOne } from "../form/layout"
import { byCodePoint, repr } from "../form/python"
import { Misshapen, integer, items, object, part, text, texts } from "../form/shape"
import type { Leaf } from "./leaf"
import { Wrong } from "../wrong"

const REQUIRED = ["v", "entry_id", "kind", "subject", "entity", "entity_version", "observed", "received_at", "produced_by", "policy_version", "values"]
const OPTIONAL = ["links", "approval", "covers", "lists", "answers", "supersedes", "caused_by"]
const REMEDY = "Use the version that wrote them."
const MOST_DIGESTS = 16

export interface Fact {
  entryId: string
  kind: string
  /** The end of when it was true. */
  observedAt: string
  receivedAt: string
  values: Document
  /** The entries whose content this one says was erased. */
  erased: string[]
  /** The leaf that these facts must have; its commitments are those of the leaf. */
  leaf: Omit<Leaf, "facts" | "content">
}

export function readFact(document: Document): Fact {
  const missing = REQUIRED.filter((key) => !document.has(key))
  const unknown = [...document.keys()].filter((key) => !REQUIRED.includes(key) && !OPTIONAL.includes(key))
  if (missing.length || unknown.length || !isOne(document.get("v"))) {
    const odd = [...missing, ...unknown].sort(byCodePoint)
    const said = odd.length ? odd.join(", ") : `v=${repr(document.get("v"))}`
    throw new Wrong(`Facts have missing or unknown parts: ${said}.`, REMEDY)
  }
  try {
    return read(document)
  } catch (error) {
    if (!(error instanceof Misshapen) && !(error instanceof Wrong)) throw error
    const entry = repr(document.get("entry_id"))
    throw new Wrong(`Facts of entry ${entry} are malformed: ${error.message}.`, REMEDY)
  }
}

function read(document: Document): Fact {
  const observed = object(part(document, "observed"))
  const approval = document.get("approval")
  const entryId = text(part(document, "entry_id"))
  const kind = text(part(document, "kind"))
  const subject = subjectOf(part(document, "subject"))
  const entity = text(part(document, "entity"))
  const version = integer(part(document, "entity_version"))
  const observedAt = period(observed)
  const receivedAt = readMoment(text(part(document, "received_at")))
  const [actor, digests] = producer(object(part(document, "produced_by")))
  const policy = text(part(document, "policy_version"))
  const values = object(part(document, "values"))
  const erased = [...values].flatMap(([name, item]) => (value(item) && name === "erased" ? texts(item) : []))
  items(document.get("links") ?? []).forEach(subjectOf)
  if (approval !== undefined) approved(object(approval))
  texts(document.get("covers") ?? [])
  for (const list of object(document.get("lists") ?? new Map()).values()) texts(list)
  texts(document.get("answers") ?? [])
  texts(document.get("supersedes") ?? [])
  const causes = texts(document.get("caused_by") ?? [])
  const leaf = {
    kind,
    entity,
    entity_version: version,
    subject: [[subject, ""], ...digests.slice(0, MOST_DIGESTS).map((digest) => ["", digest])] as [string, string][],
    actor,
    at: receivedAt,
    policy_version: policy,
    caused_by: causes,
    predicate_type: "urn:clerestory:facts:v1",
  }
  return { entryId, kind, observedAt, receivedAt, values, erased, leaf }
}

function period(observed: Document): string {
  const start = readMoment(text(part(observed, "from")))
  const end = readMoment(text(part(observed, "to")))
  if (end < start) throw new Wrong("A period ends before it starts.", "Exchange its two moments.")
  return end
}

function subjectOf(value: Json): string {
  const inner = object(value)
  return `${text(part(inner, "kind"))}:${text(part(inner, "id"))}`
}

/** Return who made it, as the leaf names them, and the digests of what a machine read. */
function producer(document: Document): [string, string[]] {
  if (document.size !== 1) throw new Misshapen("there is not one producer")
  const [[kind, value]] = [...document]
  const inner = object(value)
  if (kind === "machine") {
    const digest = inner.get("configuration_digest")
    const actor = `${text(part(inner, "tool"))} ${text(part(inner, "version"))}`
    if (digest !== undefined) text(digest)
    return [actor, texts(inner.get("input_digests") ?? [])]
  }
  if (kind !== "person") throw new Misshapen(`unknown producer ${kind}`)
  const responsible = inner.get("responsible")
  if (responsible !== undefined && typeof responsible !== "boolean") throw new Misshapen("responsible is no bool")
  const actor = text(part(inner, "id"))
  text(part(inner, "role"))
  texts(inner.get("same_person_as") ?? [])
  const authentication = inner.get("authentication_id")
  if (authentication !== undefined) text(authentication)
  return [actor, []]
}

function approved(approval: Document): void {
  text(part(approval, "person"))
  text(part(approval, "role"))
  readMoment(text(part(approval, "at")))
}

/** Check a value of a fact, and say whether it is a list of texts. */
function value(item: Json): boolean {
  if (typeof item === "boolean" || typeof item === "number" || typeof item === "string") return false
  if (Array.isArray(item)) return texts(item).length >= 0
  for (const inner of object(item).values()) text(inner)
  return false
}
