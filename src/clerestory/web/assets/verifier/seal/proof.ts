// The C2SP tlog-proof: that one entry stands in a log, as a text in its one spelling.

import { base64, bytesOf, equal, joined, rawText } from "../form/bytes"
import { LARGEST_NOTE, NoteMalformed, readBase64 } from "./note"
import { Wrong } from "../wrong"

export const HEADER = "c2sp.org/tlog-proof@v1"
const MOST_HASHES = 63
const LARGEST_EXTRA = 64 * 1024
export const LARGEST_PROOF = LARGEST_NOTE + 2 * LARGEST_EXTRA

export interface EntryProof {
  index: number
  path: Uint8Array[]
  note: Uint8Array
  extra: Uint8Array
}

export function readProof(data: Uint8Array): EntryProof {
  if (data.length > LARGEST_PROOF) throw unreadable(`it is larger than ${LARGEST_PROOF} bytes`)
  const raw = rawText(data)
  const gap = raw.indexOf("\n\n")
  const head = gap < 0 ? raw : raw.slice(0, gap)
  if (/[\x80-\xff]/.test(head)) throw unreadable("it holds letters outside of ASCII before the checkpoint")
  let proof: EntryProof
  try {
    proof = read(head.split("\n"), gap < 0 ? new Uint8Array(0) : data.subarray(gap + 2))
  } catch (error) {
    throw error instanceof NoteMalformed ? unreadable("it holds something that is no base64") : error
  }
  if (!equal(written(proof), data)) throw unreadable("it is not spelled in the one allowed way")
  return proof
}

function read(lines: string[], note: Uint8Array): EntryProof {
  if (lines[0] !== HEADER) throw unreadable(`it does not begin with the line ${HEADER}`)
  const rest = lines.slice(1)
  const extra = rest[0]?.startsWith("extra ") ? readBase64(rest.shift()?.slice(6) ?? "") : new Uint8Array(0)
  const found = /^index (0|[1-9][0-9]{0,15})$/.exec(rest[0] ?? "")
  if (!found || rest.length - 1 > MOST_HASHES)
    throw unreadable("its index is missing or no number, or it has too many hashes")
  return { index: Number(found[1]), path: rest.slice(1).map(readBase64), note, extra }
}

function written(proof: EntryProof): Uint8Array {
  if (!Number.isSafeInteger(proof.index)) throw unreadable("its index is out of range")
  if (proof.path.some((hash) => hash.length !== 32))
    throw unreadable(`it holds a hash that is not 32 bytes long, or more than ${MOST_HASHES}`)
  if (!proof.note.length || proof.note.length > LARGEST_NOTE || proof.extra.length > LARGEST_EXTRA)
    throw unreadable("its checkpoint is missing, or a part of it is too large")
  const extra = proof.extra.length ? [`extra ${base64(proof.extra)}`] : []
  const lines = [HEADER, ...extra, `index ${proof.index}`, ...proof.path.map(base64), ""]
  return joined(bytesOf(lines.map((line) => `${line}\n`).join("")), proof.note)
}

function unreadable(reason: string): Wrong {
  return new Wrong(`A proof cannot be read: ${reason}.`, "Ask for the proof again.")
}
