// The C2SP tlog-policy: which logs are accepted, which witnesses there are, and which of them must have looked.
//
// Names are compared byte by byte. A key that this version cannot check is refused rather than passed over.

import { equal, rawText, textOf } from "../form/bytes"
import { repr } from "../form/python"
import { KeyMalformed, LOG_KEY, WITNESS_KEY, readKey, type Key } from "./note"
import { Wrong } from "../wrong"

export class PolicyMalformed extends Wrong {}
interface Group {
  threshold: number
  members: string[]
}

const FORBIDDEN = /[\x00-\x08\x0b-\x1f\x7f]/

export class Policy {
  readonly logs: Key[] = []
  readonly witnesses = new Map<string, Key>()
  private readonly groups = new Map<string, Group>()
  private readonly taken = new Set<string>()
  private quorum = ""

  static read(data: Uint8Array): Policy {
    const policy = new Policy()
    nameable(data)
      .split("\n")
      .forEach((line, place) => policy.line(line, place + 1))
    if (!policy.quorum)
      throw new PolicyMalformed("A policy names no quorum.", "Add a line: quorum NAME, or: quorum none")
    return policy
  }

  /** Whether these witnesses are enough. */
  metBy(seen: Key[]): boolean {
    if (this.quorum === "none") return true
    const have = new Map([...this.witnesses].map(([name, key]) => [name, seen.includes(key)]))
    for (const [name, group] of this.groups)
      have.set(name, group.members.filter((member) => have.get(member)).length >= group.threshold)
    return have.get(this.quorum) ?? false
  }

  /** The witnesses that the quorum names, by itself or by its groups: no other one counts. */
  counting(): Key[] {
    const wanted = [this.quorum]
    const found = new Set<string>()
    for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
      wanted.push(...(this.groups.get(name)?.members ?? []))
      found.add(name)
    }
    return [...this.witnesses].filter(([name]) => found.has(name)).map(([, key]) => key)
  }

  /** How many witnesses must at least have seen a checkpoint. */
  fewest(): number {
    if (this.quorum === "none") return 0
    const needed = new Map([...this.witnesses.keys()].map((name) => [name, 1]))
    for (const [name, group] of this.groups) {
      const counts = group.members.map((member) => needed.get(member) ?? 0).sort((one, other) => one - other)
      needed.set(name, counts.slice(0, group.threshold).reduce((sum, count) => sum + count, 0))
    }
    return needed.get(this.quorum) ?? 0
  }

  private line(line: string, number: number): void {
    const words = line.split(/[ \t]+/).filter(Boolean)
    if (FORBIDDEN.test(line)) throw malformed(number, "it holds a control character")
    if (!words.length || words[0].startsWith("#")) return
    const [kind, ...rest] = words
    if (kind === "log") this.log(rest, number)
    else if (kind === "witness") this.witness(rest, number)
    else if (kind === "group") this.group(rest, number)
    else if (kind === "quorum") this.setQuorum(rest, number)
    else throw malformed(number, `it begins with ${repr(kind)}`)
  }

  private log(words: string[], number: number): void {
    if (words.length < 1 || words.length > 2) throw malformed(number, "a log has a key and at most an address")
    this.logs.push(keyed(words[0], LOG_KEY, this.logs, number))
  }

  private witness(words: string[], number: number): void {
    if (words.length < 2 || words.length > 3)
      throw malformed(number, "a witness has a name, a key and at most an address")
    const name = this.newName(words[0], number)
    this.witnesses.set(name, keyed(words[1], WITNESS_KEY, [...this.witnesses.values()], number))
  }

  private group(words: string[], number: number): void {
    if (words.length < 3) throw malformed(number, "a group has a name, a number and members")
    const [name, wanted, ...members] = words
    for (const member of members) {
      if (!this.witnesses.has(member) && !this.groups.has(member))
        throw malformed(number, `no line above defines the member ${shown(member)}`)
      if (this.taken.has(member)) throw malformed(number, `the member ${shown(member)} stands in a group already`)
      this.taken.add(member)
    }
    const plain = /^[1-9][0-9]{0,8}$/.test(wanted) ? Number(wanted) : 0
    const threshold = wanted === "all" ? members.length : wanted === "any" ? 1 : plain
    if (threshold < 1 || threshold > members.length)
      throw malformed(number, `${shown(wanted)} is neither all nor any nor a number of its members`)
    this.groups.set(this.newName(name, number), { threshold, members })
  }

  private setQuorum(words: string[], number: number): void {
    if (words.length !== 1 || this.quorum) throw malformed(number, "there is one quorum, and it is one name")
    const [name] = words
    if (name !== "none" && !this.witnesses.has(name) && !this.groups.has(name))
      throw malformed(number, `no line above defines ${shown(name)}`)
    this.quorum = name
  }

  private newName(name: string, number: number): string {
    if (name === "none" || this.witnesses.has(name) || this.groups.has(name))
      throw malformed(number, `the name ${shown(name)} is taken`)
    return name
  }
}

function keyed(text: string, kind: number, others: Key[], number: number): Key {
  let key: Key
  try {
    key = readKey(text)
  } catch (error) {
    if (!(error instanceof KeyMalformed)) throw error
    throw malformed(number, error.problem.replace(/\.+$/, ""))
  }
  if (key.kind !== kind) throw malformed(number, "the key is of a kind that is not allowed here")
  if (others.some((other) => equal(other.public, key.public)))
    throw malformed(number, "the key stands in the policy already")
  return key
}

/** Text in which names of any bytes can be told apart: where it is no UTF-8, each odd byte is a letter of its own. */
function nameable(data: Uint8Array): string {
  return textOf(data) ?? rawText(data).replace(/[\x80-\xff]/g, (letter) => String.fromCharCode(0xdc00 + letter.charCodeAt(0)))
}

function shown(word: string): string {
  const bytes = Uint8Array.from(word, (letter) => letter.charCodeAt(0) & 255)
  return repr(/[\udc80-\udcff]/u.test(word) ? new TextDecoder().decode(bytes) : word)
}

function malformed(number: number, reason: string): PolicyMalformed {
  return new PolicyMalformed(`Line ${number} of a policy cannot be read: ${reason}.`, "Ask for the policy again.")
}
