// Walks a pack's log from its first entry to its last: every leaf hash, every fact against its leaf, the root.

import { hex } from "../form/bytes"
import { decode, valuesIn, NotCanonical } from "../form/json"
import { WIDTH } from "../form/layout"
import { repr } from "../form/python"
import { readFact } from "./fact"
import { readLeaf, type Leaf } from "./leaf"
import { turnOf, type Turn } from "../seal/rotation"
import { sha256 } from "../seal/sha256"
import { Frontier, leafHash } from "../seal/tree"
import { ASK, type Findings, type Part } from "../verdict"
import { Wrong, noPack } from "../wrong"

const ERASURE = "record.erasure"
const RECHECK = "record.log_recheck"
const MOST_MALFORMED = 1_000
const FACT_VALUES = 100_000

/** What the log of a pack holds, as far as it could be read. */
export class Walked {
  readonly frontier = new Frontier()
  facts = 0
  private readonly received: [number, string][] = []
  /** Position -> commitment of each entry that has content. */
  readonly contents = new Map<number, string>()
  /** Position -> entry id, where the facts could be read. */
  readonly entryIds = new Map<number, string>()
  private readonly positions = new Map<string, number>()
  /** Entry id -> position of the entry that says that its content was erased. */
  readonly erased = new Map<string, number>()
  /** What entries say of the log's own keys; whether they may is not looked at here. */
  readonly turns: Turn[] = []
  /** Root at each size that was asked for. */
  readonly roots = new Map<number, Uint8Array>()
  /** What the log itself says of the last time that it was compared with the rows of the registers. */
  reconciled: Part = { verdict: "never compared" }
  backwards = 0
  firstAt = ""
  lastAt = ""
  private values = 0
  private pieces = 0

  constructor(
    private readonly sizes: Set<number>,
    private readonly findings: Findings,
  ) {
    if (sizes.has(0)) this.roots.set(0, this.frontier.root())
  }

  /** How many entries claim to be received later than witnesses saw the whole log: a clock was ahead. */
  claimedLater(bound: string): number {
    const second = (moment: string) => `${moment.slice(0, 19)}.000000Z`
    const later = ([position, at]: [number, string]) => position < this.frontier.size && second(at) > bound
    return this.received.filter(later).length
  }

  place(position: number): string {
    const id = this.entryIds.get(position)
    return id === undefined ? `leaf ${position}` : `leaf ${position}, entry ${id}`
  }

  /** Take a bundle of up to 256 leaves, and the lines of facts that belong to it. */
  take(bundle: Uint8Array, lines: Uint8Array): void {
    const leaves = this.leaves(bundle, WIDTH * this.pieces++)
    if (this.findings.count("E_LEAF") > MOST_MALFORMED)
      throw noPack("entries", `More than ${MOST_MALFORMED} entries are malformed: this is no log.`)
    this.values += valuesIn(lines)
    if (this.values > 2_000_000 + 512 * (this.frontier.size + leaves.length))
      throw noPack("payloads/facts", "The facts hold far more values than the facts of such a log do.")
    this.piece(leaves, this.split(lines, leaves.length))
    for (const leaf of leaves) {
      this.frontier.append(leafHash(leaf))
      if (this.sizes.has(this.frontier.size)) this.roots.set(this.frontier.size, this.frontier.root())
    }
  }

  private leaves(data: Uint8Array, from: number): Uint8Array[] {
    const found: Uint8Array[] = []
    for (let place = 0; place < data.length; ) {
      const length = place + 1 < data.length ? (data[place] << 8) | data[place + 1] : data[place]
      place += 2 + length
      if (place > data.length || found.length === WIDTH) {
        const problem = "A piece of the log is malformed: a bundle ends inside an entry or holds more than 256 entries."
        this.findings.add("E_LEAF", `entries from leaf ${from} on`, problem, ASK)
        return []
      }
      found.push(data.subarray(place - length, place))
    }
    return found
  }

  /** The lines of a piece: a few more than it has leaves, so that spare ones are named, but never a flood. */
  private split(data: Uint8Array, leaves: number): Uint8Array[] {
    const where = `facts from leaf ${this.frontier.size} on`
    const found: Uint8Array[] = []
    let count = 0
    let start = 0
    for (let place = 0; place < data.length; place++) {
      if (data[place] !== 10) continue
      if (count++ < WIDTH) found.push(data.subarray(start, place))
      start = place + 1
    }
    if (count > WIDTH || (count && !leaves))
      this.findings.add("E_FACTS", where, `${count} facts stand here for ${leaves} entries.`, ASK)
    else if (start !== data.length)
      this.findings.add("E_FACTS", where, "The lines of facts do not end where a line ends.", ASK)
    return leaves ? found : []
  }

  private piece(leaves: Uint8Array[], lines: Uint8Array[]): void {
    const lineOf = new Map(lines.map((line, number) => [`sha256:${hex(sha256(line))}`, number]))
    const used = new Set<number>()
    let shifted = false
    leaves.forEach((data, offset) => {
      const position = this.frontier.size + offset
      const leaf = this.leaf(data, position)
      const number = leaf && lineOf.get(leaf.facts)
      used.add(number ?? offset)
      if (leaf && leaf.content !== null) this.contents.set(position, leaf.content)
      if (leaf && number === undefined) this.missing(position, leaf, offset < lines.length)
      if (!leaf || number === undefined) return
      shifted ||= number !== offset
      this.fact(position, leaf, lines[number])
    })
    this.judgeLines(lines, used, shifted)
  }

  private leaf(data: Uint8Array, position: number): Leaf | undefined {
    try {
      return readLeaf(data)
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      this.findings.add("E_LEAF", `leaf ${position}`, error.problem, ASK)
      return undefined
    }
  }

  private missing(position: number, leaf: Leaf, other: boolean): void {
    const what = other ? "are not those that the entry commits to" : "are missing"
    const problem = `The facts of this entry ${what}. Facts can be neither withheld nor erased.`
    this.findings.add("E_FACTS", `leaf ${position}, ${leaf.kind} of ${leaf.entity}`, problem, ASK)
  }

  private judgeLines(lines: Uint8Array[], used: Set<number>, shifted: boolean): void {
    const start = this.frontier.size
    const spare = lines.map((_, number) => number).filter((number) => !used.has(number))
    for (const number of spare) {
      const where = `facts in line ${start + number}, ${entryId(lines[number])}`
      this.findings.add("E_FACTS", where, "These facts belong to no entry of the log.", ASK)
    }
    if (shifted && !spare.length)
      this.findings.add("E_FACTS", `facts from leaf ${start} on`, "The facts are not in the order of their entries.", ASK)
  }

  private fact(position: number, leaf: Leaf, line: Uint8Array): void {
    let fact: ReturnType<typeof readFact>
    let turn: Turn | undefined
    try {
      fact = readFact(decode(line, FACT_VALUES))
      turn = turnOf(position, fact)
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      this.findings.add("E_FACTS", `leaf ${position}, ${leaf.kind} of ${leaf.entity}`, error.problem, ASK)
      return
    }
    this.entryIds.set(position, fact.entryId)
    const where = this.place(position)
    const odd = contradictions(leaf, fact.leaf)
    if (odd.length)
      this.findings.add("E_FACTS", where, `Entry and facts contradict each other in: ${odd.join(", ")}.`, ASK)
    const first = this.positions.get(fact.entryId) ?? position
    this.positions.set(fact.entryId, first)
    if (first !== position) {
      this.findings.add("E_ENTRY", where, `The entry id stands in the log twice, first at leaf ${first}.`, ASK)
      return
    }
    if (this.lastAt && fact.receivedAt < this.lastAt) this.backwards++
    this.lastAt = fact.receivedAt
    this.firstAt ||= fact.receivedAt
    if (fact.kind === ERASURE)
      for (const id of fact.erased) if (!this.erased.has(id)) this.erased.set(id, position)
    if (fact.kind === RECHECK) this.reconciled = compared(position, fact)
    if (turn) this.turns.push(turn)
    this.facts++
    this.received.push([position, fact.receivedAt])
  }
}

function compared(leaf: number, fact: ReturnType<typeof readFact>): Part {
  const counts = Object.fromEntries(["size", "rows", "problems"].map((name) => [name, fact.values.get(name)]))
  const sound = Object.values(counts).every((count) => typeof count === "number")
  const fits = sound && fact.values.get("outcome") === "fits" && counts.problems === 0
  const part = { verdict: fits ? "fit" : "do not fit", at: fact.observedAt, leaf, entry: fact.entryId }
  return sound ? { ...part, ...counts } : part
}

function contradictions(leaf: Leaf, expected: Omit<Leaf, "facts" | "content">): string[] {
  const names = ["kind", "entity", "entity_version", "subject", "actor", "at", "policy_version", "caused_by", "predicate_type"] as const
  return names.filter((name) => JSON.stringify(leaf[name]) !== JSON.stringify(expected[name]))
}

function entryId(line: Uint8Array): string {
  try {
    const id = decode(line, FACT_VALUES).get("entry_id")
    return `entry ${typeof id === "string" ? id : repr(id)}`
  } catch (error) {
    if (!(error instanceof NotCanonical)) throw error
    return "unreadable"
  }
}
