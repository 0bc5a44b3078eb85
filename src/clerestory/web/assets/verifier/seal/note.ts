// The C2SP signed note and the checkpoint in it, read byte for byte or not at all; and the keys that sign them.

import { base64, bytesOf, equal, hex, joined, textOf, unbase64 } from "../form/bytes"
import { printable, repr } from "../form/python"
import { sha256 } from "./sha256"
import { strictPoint, verify } from "./ed25519"
import { Wrong } from "../wrong"

export const LARGEST_NOTE = 128 * 1024
export const [LOG_KEY, WITNESS_KEY] = [1, 4]
const MOST_SIGNATURES = 16
const LARGEST_SIZE = 2 ** 53 - 1
const SIGNATURE = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const CONTROL = /[\x00-\x09\x0b-\x1f]/

export class NoteMalformed extends Wrong {}
export class KeyMalformed extends Wrong {}
export class SignatureMismatch extends Wrong {}

export interface NoteSignature {
  name: string
  keyId: Uint8Array
  signature: Uint8Array
}
export interface Note {
  text: string
  signatures: NoteSignature[]
  written: string
}
export interface Checkpoint {
  origin: string
  size: number
  root: Uint8Array
}
export interface Key {
  name: string
  kind: number
  public: Uint8Array
  text: string
}
export interface Cosigned {
  key: Key
  at: bigint
}

export function readNote(data: Uint8Array): Note {
  if (data.length > LARGEST_NOTE) throw malformed(`it is larger than ${LARGEST_NOTE} bytes`)
  const whole = textOf(data)
  if (whole === undefined) throw malformed("it is not UTF-8")
  const gap = whole.lastIndexOf("\n\n")
  if (gap < 0 || !whole.slice(gap + 2).endsWith("\n"))
    throw malformed("text and signature lines are not divided by an empty line")
  const signatures = whole.slice(gap + 2, -1).split("\n").map(signature)
  const note = { text: whole.slice(0, gap + 1), signatures, written: whole }
  if (written(note) !== whole) throw malformed("it is not spelled in the one allowed way")
  return note
}

function written(note: Note): string {
  if (!note.text.endsWith("\n") || CONTROL.test(note.text))
    throw malformed("its text does not end in a newline or holds control characters")
  const count = note.signatures.length
  if (count > MOST_SIGNATURES) throw malformed(`it has ${count} signatures; 1 to ${MOST_SIGNATURES} are allowed`)
  if (new Set(note.signatures.map((line) => `${line.name} ${hex(line.keyId)}`)).size !== count)
    throw malformed("one key signed it twice")
  const lines = note.signatures.map(
    (line) => `\u2014 ${checkKeyName(line.name)} ${base64(joined(line.keyId, line.signature))}\n`,
  )
  return `${note.text}\n${lines.join("")}`
}

function signature(line: string): NoteSignature {
  const found = SIGNATURE.exec(line)
  if (!found) throw malformed("a signature line does not have the form of one")
  const data = readBase64(found[2])
  if (data.length <= 4) throw malformed("a signature line holds no signature")
  return { name: found[1], keyId: data.subarray(0, 4), signature: data.subarray(4) }
}

/** Read base64 in its one canonical spelling. */
export function readBase64(text: string): Uint8Array {
  if (!BASE64.test(text)) throw malformed("it holds something that is no base64")
  const data = unbase64(text)
  if (base64(data) !== text) throw malformed("its base64 is not canonical")
  return data
}

function checkKeyName(name: string): string {
  if (!name || name.includes("+") || name.includes(" ") || !printable(name))
    throw malformed(`the key name ${repr(name)} is empty or holds a space, a plus or a control character`)
  return name
}

function malformed(reason: string): NoteMalformed {
  return new NoteMalformed(`A signed note is malformed: ${reason}.`, "Ask for the original note.")
}

export function readCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n")
  if (lines.length !== 4 || lines[3] || !/^(?:0|[1-9][0-9]{0,15})$/.test(lines[1]))
    throw noCheckpoint("it does not have the three lines origin, size and root")
  const [origin, size] = [lines[0], Number(lines[1])]
  let root: Uint8Array
  try {
    root = readBase64(lines[2])
  } catch {
    throw noCheckpoint("its root is no base64")
  }
  if (!origin || !printable(origin) || origin.includes(" ") || origin.includes("+"))
    throw noCheckpoint(`the origin ${repr(origin)} is empty or holds a space, a plus or a control character`)
  if (size > LARGEST_SIZE || root.length !== 32)
    throw noCheckpoint("its size is out of range or its root is not 32 bytes long")
  return { origin, size, root }
}

function noCheckpoint(reason: string): NoteMalformed {
  return new NoteMalformed(`A checkpoint is malformed: ${reason}.`, "Ask for the original checkpoint.")
}

/** Read a verifier key: name, key id and base64. */
export function readKey(text: string): Key {
  const [name, id, material] = split(text)
  if (material.length !== 33) throw noKey("the key is not 32 bytes long")
  const kind = material[0]
  if (kind !== LOG_KEY && kind !== WITNESS_KEY) throw noKey(`signatures of type ${kind} are not supported`)
  const key = material.subarray(1)
  if (!strictPoint(key)) throw noKey("it is no Ed25519 key that can be relied on")
  const found = { name, kind, public: key, text }
  if (hex(keyId(found)) !== id) throw noKey("its key id does not belong to its key")
  return found
}

function split(text: string): [string, string, Uint8Array] {
  const parts = /^([^+]*)\+([0-9a-f]{8})\+([^]*)$/.exec(text)
  if (!parts) throw noKey("it does not have the form name+keyid+base64")
  try {
    return [checkKeyName(parts[1]), parts[2], readBase64(parts[3])]
  } catch {
    throw noKey("its name or base64 is not allowed")
  }
}

/** The id of a key, as people write it. */
export function keyIdOf(key: Key): string {
  return hex(keyId(key))
}

function keyId(key: Key): Uint8Array {
  return sha256(bytesOf(`${key.name}\n`), Uint8Array.of(key.kind), key.public).subarray(0, 4)
}

function noKey(reason: string): KeyMalformed {
  return new KeyMalformed(
    `A verifier key is malformed: ${reason}.`,
    "Copy the whole line again from where it was issued.",
  )
}

/** The log keys that signed a note; lines of unknown keys are ignored, a bad one of a known key is refused. */
export async function signers(note: Note, keys: Key[]): Promise<Key[]> {
  const found: Key[] = []
  for (const [key, line] of known(note, keys, LOG_KEY)) {
    if (!(await verify(key.public, line.signature, bytesOf(note.text)))) throw mismatch(key)
    found.push(key)
  }
  return found
}

/** The statements of the witnesses among the keys, under the same rule. */
export async function cosigners(note: Note, keys: Key[]): Promise<Cosigned[]> {
  const found: Cosigned[] = []
  for (const [key, line] of known(note, keys, WITNESS_KEY)) {
    if (line.signature.length !== 72) throw mismatch(key)
    const at = BigInt(`0x${hex(line.signature.subarray(0, 8))}`)
    const message = bytesOf(`cosignature/v1\ntime ${at}\n${note.text}`)
    if (at >= 2n ** 63n || !(await verify(key.public, line.signature.subarray(8), message))) throw mismatch(key)
    found.push({ key, at })
  }
  return found
}

function known(note: Note, keys: Key[], kind: number): [Key, NoteSignature][] {
  const found: [Key, NoteSignature][] = []
  for (const line of note.signatures) {
    const fits = (key: Key) => key.kind === kind && key.name === line.name && equal(keyId(key), line.keyId)
    const key = keys.findLast(fits)
    if (key) found.push([key, line])
  }
  return found
}

function mismatch(key: Key): SignatureMismatch {
  return new SignatureMismatch(
    `The signature of ${key.name} is not over this checkpoint.`,
    "Do not rely on the checkpoint; ask its owner for the original.",
  )
}
