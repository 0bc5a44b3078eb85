// Who vouches for a log: its signature, its witnesses, and every checkpoint of it that was seen earlier.

import { hex } from "../form/bytes"
import { CHECKPOINT, MANIFEST, type Manifest } from "../form/layout"
import { momentOfSeconds } from "../form/moment"
import { byCodePoint, repr } from "../form/python"
import { equal } from "../form/bytes"
import type { Walked } from "../log/walk"
import { ASK, type Findings, type Part } from "../verdict"
import {
  KeyMalformed, NoteMalformed, SignatureMismatch, cosigners, readCheckpoint, readKey, readNote, signers,
  type Checkpoint, type Cosigned, type Key, type Note,
} from "./note"
import { always, covers, follow, outOfTurn, saidOf, type Term, type Turn } from "./rotation"
import type { Trust } from "./trust"

const REMEDY = "Do not rely on this pack; ask the log's owner for a new one and compare the keys."

/** What a checkpoint says and who signed it. */
export interface Seal {
  checkpoint?: Checkpoint
  note?: Note
  signedBy: Key[]
  witnesses: Cosigned[]
  /** The changes of the log's key that follow from the keys that were known before. */
  turns: Turn[]
}
export type Seen = [string, Seal]

export function readSeal(data: Uint8Array, findings: Findings): Seal {
  try {
    const note = readNote(data)
    return { checkpoint: readCheckpoint(note.text), note, signedBy: [], witnesses: [], turns: [] }
  } catch (error) {
    if (!(error instanceof NoteMalformed)) throw error
    findings.add("E_CHECKPOINT", CHECKPOINT, error.problem, ASK)
    return { signedBy: [], witnesses: [], turns: [] }
  }
}

/**
 * Check the signatures over a checkpoint: against the trusted keys, or else against the pack's own.
 *
 * A key that the log itself announced counts from there on, where a known key vouched for it.
 */
export async function checkSeal(
  seal: Seal, manifest: Manifest, trust: Trust | undefined, walked: Walked, findings: Findings,
): Promise<Seal> {
  if (!seal.checkpoint) return seal
  if (seal.checkpoint.origin !== manifest.origin || seal.checkpoint.size !== manifest.size)
    findings.add("E_CHECKPOINT", MANIFEST, "Manifest and checkpoint name different logs or sizes.", ASK)
  if (trust) return checkSignatures(seal, trust, findings, walked.turns)
  const signed = await signedSeal(seal, ownTerms(manifest, findings), [], walked.turns, "the pack itself", findings)
  if (!signed) return seal
  findings.add(
    "E_UNTRUSTED",
    CHECKPOINT,
    "The pack agrees with itself, but no trust file says whose key signed it.",
    "Get the trust file from the log's owner by another way and run: clerestory-verify PACK --trust FILE",
  )
  return signed
}

/** Check the signatures over a checkpoint, of log and witnesses, against the trusted keys and what follows them. */
export async function checkSignatures(seal: Seal, trust: Trust, findings: Findings, turns: Turn[] = []): Promise<Seal> {
  if (!seal.checkpoint) return seal
  const { origin } = seal.checkpoint
  if (!trust.keysOf(origin).length) {
    const named = [...new Set(trust.keys.map((key) => key.name))].sort(byCodePoint).join(", ")
    const problem = `The checkpoint is of the log ${origin}, not of ${named}, which the trust file names.`
    findings.add("E_CHECKPOINT", CHECKPOINT, problem, REMEDY)
  }
  const signed = await signedSeal(seal, trust.termsOf(origin), trust.witnesses, turns, "the trust file", findings)
  if (!signed) return seal
  const seen = signed.witnesses.map((witness) => witness.key)
  if (!trust.metBy(seen)) {
    const count = seen.filter((key) => trust.independent().includes(key)).length
    const problem = trust.policy
      ? `${count} witnesses have seen this checkpoint, and they are not those, or not as many, as the policy asks for.`
      : `${count} of the ${trust.quorum} witnesses that the trust file asks for have seen this checkpoint.`
    findings.add("E_QUORUM", CHECKPOINT, problem, "Ask for one that is witnessed.")
  }
  return signed
}

/** The seal with who signed it; undefined where a signature of one of the keys is not over it. */
async function signedSeal(
  seal: Seal, terms: Term[], witnesses: Key[], turns: Turn[], namedBy: string, findings: Findings,
): Promise<Seal | undefined> {
  if (!seal.note || !seal.checkpoint) return undefined
  const { size } = seal.checkpoint
  const followed = await follow(terms, turns)
  for (const [position, reason] of followed.refused) findings.add("E_KEY", `leaf ${position}`, reason, REMEDY)
  let signed: Key[]
  let seen: Cosigned[]
  try {
    signed = await signers(seal.note, followed.terms.map((term) => term.key))
    seen = await cosigners(seal.note, witnesses)
  } catch (error) {
    if (!(error instanceof SignatureMismatch)) throw error
    findings.add("E_SIG", CHECKPOINT, error.problem, REMEDY)
    return undefined
  }
  const inForce = new Set(followed.terms.filter((term) => covers(term, size)).map((term) => term.key.text))
  const inTurn = signed.filter((key) => inForce.has(key.text))
  if (!signed.length)
    findings.add("E_SIG", CHECKPOINT, `The checkpoint is not signed by a key that ${namedBy} names.`, REMEDY)
  else if (!inTurn.length) findings.add("E_KEY", CHECKPOINT, outOfTurn(signed[0], followed, size), REMEDY)
  return { ...seal, signedBy: inTurn, witnesses: seen, turns: followed.turns }
}

function ownTerms(manifest: Manifest, findings: Findings): Term[] {
  try {
    return manifest.keys.map(readKey).map(always)
  } catch (error) {
    if (!(error instanceof KeyMalformed)) throw error
    findings.add("E_SIG", MANIFEST, error.problem, REMEDY)
    return []
  }
}

/** Compare the log as it was walked with the signed size and root, and with checkpoints that were seen earlier. */
export function checkRoots(seal: Seal, walked: Walked, seen: Seen[], findings: Findings): void {
  if (!seal.checkpoint) return
  const [size, signed] = [walked.frontier.size, seal.checkpoint.size]
  if (size !== signed) {
    const word = size < signed ? "missing" : "too many"
    const problem = `The log has ${size} entries and ${signed} were signed: ${Math.abs(size - signed)} ${word}.`
    findings.add("E_SIZE", CHECKPOINT, problem, "Ask for the whole pack.")
  } else if (!equal(walked.frontier.root(), seal.checkpoint.root)) {
    const problem = "The entries do not lead to the signed root: an entry was changed, or the root was."
    findings.add("E_ROOT", CHECKPOINT, problem, ASK)
  }
  for (const [name, earlier] of seen) {
    if (!earlier.checkpoint) continue
    if (earlier.checkpoint.origin === seal.checkpoint.origin) checkExtends(seal, earlier, name, walked, findings)
    else
      findings.add(
        "E_EARLIER",
        name,
        `The earlier file is of the log ${earlier.checkpoint.origin}, this pack of ${seal.checkpoint.origin}: ` +
          "they cannot be compared.",
        "Check that you chose the right file. If the log was given another name, ask its owner why: only " +
          "under one name can be seen whether history was rewritten.",
      )
  }
}

function checkExtends(seal: Seal, earlier: Seal, name: string, walked: Walked, findings: Findings): void {
  const old = earlier.checkpoint
  const root = old && walked.roots.get(old.size)
  if (!old || (root && equal(root, old.root))) return
  const notes = `Earlier note: ${repr(earlier.note?.written)} Note of this pack: ${repr(seal.note?.written)}`
  const what =
    old.size > walked.frontier.size
      ? "is longer than this pack's log"
      : "does not begin this pack's log: entries were changed, removed or inserted since"
  const problem = `The log that was signed at size ${old.size} ${what}.`
  findings.add("E_FORK", name, problem, `Keep both files: together they show it. ${notes}`)
}

/** The part of the verdict that says who vouches for the log. */
export function authenticity(seal: Seal, trust: Trust | undefined, findings: Findings): Part {
  const failed = !seal.checkpoint || !findings.noneOf("E_SIG", "E_KEY", "E_CHECKPOINT", "E_FORK")
  const verdict = failed ? "FAILED" : trust ? "authentic" : "not authenticated"
  const part: Part = { verdict, signed_by: seal.signedBy.map((key) => key.text) }
  if (seal.checkpoint) {
    part.origin = seal.checkpoint.origin
    part.size = seal.checkpoint.size
    part.root = hex(seal.checkpoint.root)
  }
  if (seal.turns.length) {
    const known = new Set(trust?.keys.map((key) => key.text))
    part.followed = !seal.signedBy.some((key) => known.has(key.text))
    part.turns = seal.turns.map(saidOf)
  }
  return part
}

/** The part of the verdict that counts the independent witnesses, by the auditor's own trust file. */
export function witnesses(seal: Seal, trust: Trust | undefined): Part {
  const names = counting(seal, trust).map((witness) => witness.key.name)
  const enough = !trust || trust.metBy(seal.witnesses.map((witness) => witness.key))
  const met = enough ? "quorum met" : "quorum missing"
  return {
    verdict: names.length ? met : "no independent witness",
    count: names.length,
    required: trust?.quorum ?? 0,
    names,
  }
}

/** The part of the verdict that says what is known of the time. */
export function time(seal: Seal, first: string, last: string, trust: Trust | undefined, log?: Walked, tokens = 0): Part {
  const part: Part = { verdict: "claimed by the log alone" }
  if (first && last) {
    part.first = first
    part.last = last
  }
  const times = counting(seal, trust).map((witness) => Number(witness.at))
  const since = times.length ? momentOfSeconds(Math.min(...times)) : undefined
  if (since) {
    part.verdict = "witnessed"
    part.exists_since = since
  }
  if (tokens) part.tokens = { verdict: "present, not checked", count: tokens }
  const later = since && log ? log.claimedLater(since) : 0
  if (later) part.claimed_later = later
  return part
}

function counting(seal: Seal, trust: Trust | undefined): Cosigned[] {
  const independent = trust?.independent() ?? []
  return seal.witnesses.filter((witness) => independent.includes(witness.key))
}
