// How one key of a log follows another: the statement that both sign, and the sizes up to which each may sign.
//
// Order in the log is all that counts. A statement is believed only where a key signed it that was in force; an entry
// alone makes no key good.

import { bytesOf } from "../form/bytes"
import { repr } from "../form/python"
import type { Fact } from "../log/fact"
import type { Part } from "../verdict"
import { Wrong } from "../wrong"
import { SignatureMismatch, keyIdOf, readKey, readNote, signers, type Key } from "./note"

const KIND = "record.key"
export const ANNOUNCED = "announced"
const ENDED = "ended"
export const COMPROMISED = "compromised"
const MOST_TURNS = 256
const FIRST = "clerestory log key/v1"

/** A key of a log, and the sizes of the checkpoints that it may sign, both included. */
export interface Term {
  key: Key
  first: number
  last?: number
  compromised: boolean
}

/** What the entry at a place says of a key: that it begins, by a statement, or that it ended, and why. */
export interface Turn {
  position: number
  act: string
  key: Key
  statement: string
  why: string
}

/** The keys of a log as far as they follow from those that were known before, and what did not follow. */
export interface Followed {
  terms: Term[]
  turns: Turn[]
  refused: [number, string][]
}

export function always(key: Key): Term {
  return { key, first: 0, compromised: false }
}

/** Whether a key may sign a checkpoint of this size. */
export function covers(term: Term, size: number): boolean {
  return !term.compromised && term.first <= size && (term.last === undefined || size <= term.last)
}

/** What an entry says of a key of the log, if it does. */
export function turnOf(position: number, fact: Fact): Turn | undefined {
  if (fact.kind !== KIND) return undefined
  const said = (name: string) => {
    const value = fact.values.get(name) ?? ""
    return typeof value === "string" ? value : repr(value)
  }
  return { position, act: said("act"), key: readKey(said("key")), statement: said("statement"), why: said("why") }
}

/** The key that a statement is by; whether it really signed is not checked here. */
export function predecessor(turn: Turn): Key | undefined {
  try {
    const { text } = readNote(bytesOf(turn.statement))
    const lines = text.split("\n")
    if (lines.length < 3) return undefined
    const old = readKey(lines[2])
    return text === `${FIRST}\n${old.name}\n${old.text}\n${turn.key.text}\n` ? old : undefined
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    return undefined
  }
}

/** The keys of a log after its turns, in the order of their places; what the given terms say of a key stands. */
export async function follow(terms: Term[], turns: Turn[]): Promise<Followed> {
  const followed: Followed = { terms, turns: [], refused: [] }
  const known = new Map(terms.map((term) => [term.key.text, term]))
  for (const [number, turn] of turns.entries()) {
    if (number === MOST_TURNS) {
      followed.refused.push([turn.position, `It is one of more than ${MOST_TURNS} changes of the key.`])
      break
    }
    const term = known.get(turn.key.text)
    if (turn.act === ENDED && term) {
      known.set(turn.key.text, { ...term, last: Math.min(term.last ?? turn.position, turn.position) })
      followed.turns.push(turn)
    } else if (turn.act === ANNOUNCED) await announce(turn, known, followed)
  }
  followed.terms = [...known.values()]
  return followed
}

async function announce(turn: Turn, known: Map<string, Term>, followed: Followed): Promise<void> {
  const old = predecessor(turn)
  if (!old) {
    followed.refused.push([turn.position, "Its statement is none of a key of a log that names the next one."])
    return
  }
  const before = known.get(old.text)
  if (known.has(turn.key.text) || !before || before.compromised) return
  if (!covers(before, turn.position + 1)) {
    const problem = `The key ${keyIdOf(old)} was not in force any more when it named another one.`
    followed.refused.push([turn.position, problem])
  } else if (!(await signedByBoth(turn, old))) {
    followed.refused.push([turn.position, `The key ${keyIdOf(old)} did not sign that another one follows it.`])
  } else {
    known.set(turn.key.text, { ...always(turn.key), first: turn.position + 1 })
    followed.turns.push(turn)
  }
}

async function signedByBoth(turn: Turn, old: Key): Promise<boolean> {
  try {
    const signed = await signers(readNote(bytesOf(turn.statement)), [old, turn.key])
    return new Set(signed.map((key) => key.text)).size === new Set([old.text, turn.key.text]).size
  } catch (error) {
    if (!(error instanceof SignatureMismatch)) throw error
    return false
  }
}

/** Why a key that signed a checkpoint of this size alone does not vouch for it. */
export function outOfTurn(key: Key, followed: Followed, size: number): string {
  const term = followed.terms.find((one) => one.key.text === key.text) ?? always(key)
  const said = `The checkpoint of ${size} entries is signed by the key ${keyIdOf(key)} alone`
  if (term.compromised) return `${said}, and the trust file says that it is compromised.`
  if (size < term.first) return `${said}, which may sign from ${term.first} entries on.`
  return `${said}, which may sign no more than ${term.last} entries.`
}

/** What the verdict says of a change of the key. */
export function saidOf(turn: Turn): Part {
  const old = turn.act === ANNOUNCED ? predecessor(turn) : undefined
  const part = { leaf: turn.position, act: turn.act, key: keyIdOf(turn.key), why: turn.why }
  return old ? { ...part, by: keyIdOf(old) } : part
}
