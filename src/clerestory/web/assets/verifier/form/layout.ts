// What a pack is made of: the names and the order of its members, and the documents that describe it.

import { hex, unhex } from "./bytes"
import type { Document, Json } from "./json"
import { repr } from "./python"
import { Misshapen, items, keysAre, object, part, text, texts, whole } from "./shape"
import { noPack } from "../wrong"

export const WIDTH = 256
export const CHECKPOINT = "checkpoint"
export const OPENINGS = "openings.json"
export const MANIFEST = "manifest.json"
export const README = "README.txt"
export const LARGEST_TOKEN = 64 * 1024
const MOST_TOKENS = 4_096
export const JUDGED = ["catalogue.json", "statuses.json"]
export const DRAWN = ["index.html", "report.pdf"]
export const READABLE = [...DRAWN, README]
export const LARGEST_CHECKPOINT = 128 * 1024
export const LARGEST_DOCUMENT = 64 * 1024 * 1024
export const LARGEST_LOG = 2 * 1024 ** 3
export const LARGEST_ENTRIES = WIDTH * (2 + 65_535)
export const LARGEST_FACTS = 1024 * 1024
const STATES = ["present", "erased", "withheld"]
const ENDINGS: Record<string, string> = {
  "application/json": ".json",
  "application/pdf": ".pdf",
  "application/xml": ".xml",
  "image/jpeg": ".jpg",
  "image/png": ".png",
  "text/csv": ".csv",
  "text/html": ".html.txt",
  "text/markdown": ".md",
  "text/plain": ".txt",
}
const KEYS = ["v", "form", "origin", "size", "at", "written_at", "tool", "page", "scope", "keys", "members"]

export interface Opening {
  position: number
  state: string
  commitment: string
  name: string
  salt: Uint8Array | undefined
}

export interface Packed {
  name: string
  size: number
  digest: string
}

export interface Manifest {
  origin: string
  size: number
  at: string
  writtenAt: string
  tool: string
  page: number
  scope: string
  keys: string[]
  members: Packed[]
}

export function isContent(name: string): boolean {
  return name.startsWith("payloads/content/")
}

export function tokenName(size: number): string {
  return `tsr/${size}.tsr`
}

/** The sizes, up to the log's, over which a pack holds time tokens; other names are none of a token. */
export function tokenSizes(names: Iterable<string>, size: number): number[] {
  const found = [...names].filter((name) => name.startsWith("tsr/")).map((name) => name.slice(4).replace(/\.tsr$/, ""))
  const sizes = new Set(found.filter((text) => /^[0-9]{1,16}$/.test(text)).map(Number))
  return [...sizes].filter((one) => one > 0 && one <= size).sort((one, other) => one - other).slice(0, MOST_TOKENS)
}

/** The names of all members in their one order. */
export function* memberNames(size: number, openings: Opening[], tokens: number[]): Generator<string> {
  const pieces = Math.ceil(size / WIDTH)
  yield CHECKPOINT
  for (let index = 0; index < pieces; index++) yield `entries/${piecePath(index, Math.min(WIDTH, size - index * WIDTH))}`
  for (let index = 0; index < pieces; index++) yield `payloads/facts/${piecePath(index, WIDTH)}.jsonl`
  for (const token of tokens) yield tokenName(token)
  yield OPENINGS
  for (const opening of openings) if (opening.state === "present") yield opening.name
  yield* [...JUDGED, MANIFEST, ...READABLE]
}

function piecePath(index: number, width: number): string {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.../g) ?? []
  const path = groups.map((group, place) => (place < groups.length - 1 ? `x${group}` : group)).join("/")
  return width === WIDTH ? path : `${path}.p/${width}`
}

export function readManifest(document: Document): Manifest {
  if (document.get("v") !== 1 || document.get("form") !== "full")
    throw noPack(
      MANIFEST,
      `The pack is of version ${repr(document.get("v"))} and form ${repr(document.get("form"))}; ` +
        "this verifier reads version 1, form 'full'.",
      true,
    )
  const manifest = shaped(document)
  const members = items(part(document, "members")).map(object)
  if (!keysAre(document, KEYS) || !members.every((member) => keysAre(member, ["name", "size", "digest"])))
    throw noPack(MANIFEST, "The manifest has unknown parts.")
  return manifest
}

function shaped(document: Document): Manifest {
  try {
    return {
      origin: text(part(document, "origin")),
      size: whole(part(document, "size")),
      at: text(part(document, "at")),
      writtenAt: text(part(document, "written_at")),
      tool: text(part(document, "tool")),
      page: whole(part(document, "page")),
      scope: text(part(document, "scope")),
      keys: texts(part(document, "keys")),
      members: items(part(document, "members")).map((item) => {
        const member = object(item)
        return {
          name: text(part(member, "name")),
          size: whole(part(member, "size")),
          digest: text(part(member, "digest")),
        }
      }),
    }
  } catch (error) {
    if (!(error instanceof Misshapen)) throw error
    throw noPack(MANIFEST, `The manifest lacks a part or has one of the wrong type: ${error.message}.`)
  }
}

export function readOpenings(document: Document): Opening[] {
  let found: [Opening, boolean][]
  try {
    found = items(part(document, "contents")).map((item) => opening(object(item)))
  } catch (error) {
    if (!(error instanceof Misshapen)) throw error
    throw noPack(OPENINGS, `The openings lack a part or have one of the wrong type: ${error.message}.`)
  }
  const known = keysAre(document, ["v", "contents"]) && isOne(document.get("v"))
  const ordered = found.every(([one], place) => place === 0 || found[place - 1][0].position < one.position)
  if (!known || !ordered || !found.every(([, same]) => same))
    throw noPack(OPENINGS, "The openings have unknown parts or are not in order.")
  return found.map(([one]) => one)
}

export function isOne(value: Json | undefined): boolean {
  return value === 1 || value === true
}

/** Read an opening, and say whether it would be written in the same way. */
function opening(document: Document): [Opening, boolean] {
  const state = text(part(document, "state"))
  if (!STATES.includes(state)) throw new Misshapen(`unknown state ${repr(state)}`)
  const written = document.has("salt") ? text(part(document, "salt")) : undefined
  const salt = written === undefined ? undefined : saltOf(written)
  const media = state === "present" ? text(part(document, "media_type")) : ""
  const position = whole(part(document, "position"))
  const commitment = text(part(document, "commitment"))
  const keys = ["position", "state", "commitment"]
  if (state === "present") keys.push("media_type")
  if (salt) keys.push("salt")
  const ending = Object.hasOwn(ENDINGS, media) ? ENDINGS[media] : ".bin"
  const name = `payloads/content/${position}${ending}`
  return [{ position, state, commitment, name, salt }, keysAre(document, keys) && (!salt || hex(salt) === written)]
}

function saltOf(text: string): Uint8Array {
  const bare = text.replace(/[ \t\n\r\f\v]/g, "")
  const odd = [...text].findIndex((letter) => !/[0-9a-fA-F \t\n\r\f\v]/.test(letter))
  if (odd >= 0 || bare.length % 2)
    throw new Misshapen(`non-hexadecimal number found in fromhex() arg at position ${odd < 0 ? text.length : odd}`)
  return unhex(bare)
}
