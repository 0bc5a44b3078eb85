// Checks one pack from end to end and gives the verdict. Trusts nothing in the pack: keys come from outside.
//
// The words, the codes and their order are those of `clerestory-verify`. What follows from the rules of the catalogue is
// not made here: the statuses, and the pages that show them. The verdict names those members under `derivation`.

import { bytesOf, equal, hex, joined } from "./form/bytes"
import { NotCanonical, decode, type Document } from "./form/json"
import * as layout from "./form/layout"
import { cut, repr } from "./form/python"
import { Archive, MOST_MEMBERS, Source } from "./form/zip"
import { SCOPES, checkContents, type Contents } from "./log/content"
import { Walked } from "./log/walk"
import { readMe } from "./readme"
import { authenticity, checkRoots, checkSeal, readSeal, time, witnesses, type Seal, type Seen } from "./seal/seal"
import { Sha256, sha256 } from "./seal/sha256"
import type { Trust } from "./seal/trust"
import { ASK, BAD_INPUT, DOES_NOT_FOLLOW, Findings, unreadable, type Part, type Verdict } from "./verdict"
import { Damaged, Unreadable, noPack } from "./wrong"

const BEYOND = "rows never logged: not provable by a pack"
const KNOWN_PAGES = [2, 3]
export const NOT_DERIVED: Part = {
  verdict: "not derived here",
  follows: null,
  not_checked: [...layout.JUDGED, ...layout.DRAWN],
  beyond: "statuses are derived again by verify.py and clerestory-verify",
}
export type Progress = (done: number, whole: number) => Promise<void>

/** Check a pack, with packs or checkpoints of the same log that were received before. */
export async function verify(pack: File, trust: Trust | undefined, earlier: File[], progress: Progress): Promise<Verdict> {
  try {
    const seen: Seen[] = []
    for (const file of earlier) seen.push([file.name, await seenBefore(file)])
    const archive = await Archive.open(new Source(pack))
    return await new Check(archive, trust, seen, progress).verdict()
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const { code, where, problem, remedy } = error
    return unreadable({ code, where, problem, remedy })
  }
}

async function seenBefore(file: File): Promise<Seal> {
  const head = new Uint8Array(await file.slice(0, layout.LARGEST_CHECKPOINT + 1).arrayBuffer())
  const zipped = head[0] === 0x50 && head[1] === 0x4b
  const data = zipped ? await checkpointOf(await Archive.open(new Source(file))) : head
  const seal = readSeal(data, new Findings())
  if (!seal.checkpoint) throw noPack(file.name, "The earlier file holds no readable checkpoint.")
  return seal
}

async function checkpointOf(archive: Archive): Promise<Uint8Array> {
  const member = archive.members.get(layout.CHECKPOINT)
  const parts: Uint8Array[] = []
  if (!member || member.size > layout.LARGEST_CHECKPOINT) return new Uint8Array(0)
  try {
    await archive.each(member.name, (piece) => parts.push(piece.slice()))
  } catch (error) {
    if (!(error instanceof Damaged)) throw error
    return new Uint8Array(0)
  }
  return joined(...parts)
}

class Check {
  private readonly findings = new Findings()
  private readonly digests = new Map<string, string>()
  private done = 0

  constructor(
    private readonly archive: Archive,
    private readonly trust: Trust | undefined,
    private readonly seen: Seen[],
    private readonly progress: Progress,
  ) {}

  async verdict(): Promise<Verdict> {
    const members = [...this.archive.members.values()]
    const held = members.filter((member) => !layout.isContent(member.name))
    if (held.reduce((sum, member) => sum + member.size, 0) > layout.LARGEST_LOG)
      throw noPack("directory", "The log of the pack is larger than this verifier reads.")
    const manifest = layout.readManifest(
      readManifest(await this.member(layout.MANIFEST, layout.LARGEST_DOCUMENT), members.length),
    )
    knownPage(manifest)
    const openings = await this.openings()
    const note = await this.member(layout.CHECKPOINT, layout.LARGEST_DOCUMENT)
    const read = readSeal(note, this.findings)
    this.names(read, manifest, openings)
    const walked = await this.walk()
    const seal = await checkSeal(read, manifest, this.trust, walked, this.findings)
    checkRoots(seal, walked, this.seen, this.findings)
    const tokens = layout.tokenSizes(this.archive.members.keys(), seal.checkpoint?.size ?? 0)
    for (const size of tokens) await this.member(layout.tokenName(size), layout.LARGEST_TOKEN)
    if (!SCOPES.includes(manifest.scope))
      throw noPack(layout.MANIFEST, `The pack has the unknown scope ${repr(manifest.scope)}.`)
    const contents = await checkContents(this.archive, openings, manifest.scope, walked, this.findings)
    await this.others(manifest)
    await this.listed(manifest)
    return this.written(seal, manifest, walked, contents, tokens.length)
  }

  /** The data of a member; of one that is damaged, what stood before the damage. */
  private async member(name: string, limit: number): Promise<Uint8Array> {
    const member = this.archive.members.get(name)
    if (!member) return new Uint8Array(0)
    if (member.size > limit) {
      this.findings.add("E_MEMBER", name, `${name} is far larger than such a member can be.`, ASK)
      return new Uint8Array(0)
    }
    const parts: Uint8Array[] = []
    await this.unpacked(name, (piece) => parts.push(piece.slice()))
    const data = joined(...parts)
    this.digests.set(name, `sha256:${hex(sha256(data))}`)
    return data
  }

  private async unpacked(name: string, take: (piece: Uint8Array) => void): Promise<void> {
    try {
      await this.archive.each(name, take)
    } catch (error) {
      if (!(error instanceof Damaged)) throw error
      this.findings.add("E_MEMBER", name, error.problem, error.remedy)
    }
    await this.progress(++this.done, this.archive.members.size)
  }

  private async openings(): Promise<layout.Opening[]> {
    const bundles = [...this.archive.members.keys()].filter((name) => name.startsWith("entries/")).length
    const data = await this.member(layout.OPENINGS, layout.LARGEST_DOCUMENT)
    try {
      return layout.readOpenings(decode(data, Math.min(1_000 + 8 * layout.WIDTH * bundles, 2_000_000)))
    } catch (error) {
      if (error instanceof NotCanonical) {
        const problem = data.length ? error.problem : `${layout.OPENINGS} is missing or empty.`
        this.findings.add("E_CONTENT", layout.OPENINGS, problem, ASK)
      } else if (error instanceof Unreadable) this.findings.add("E_CONTENT", error.where, error.problem, error.remedy)
      else throw error
      return []
    }
  }

  private names(seal: Seal, manifest: layout.Manifest, openings: layout.Opening[]): void {
    const size = seal.checkpoint?.size ?? manifest.size
    if (size > MOST_MEMBERS * layout.WIDTH)
      throw noPack(layout.MANIFEST, `A pack cannot hold ${size} entries.`)
    const expected = [...layout.memberNames(size, openings, layout.tokenSizes(this.archive.members.keys(), size))]
    const found = [...this.archive.members.keys()]
    const [wanted, had] = [new Set(expected), new Set(found)]
    const [missing, added] = [[...wanted].filter((name) => !had.has(name)), found.filter((name) => !wanted.has(name))]
    for (const name of missing.sort()) this.findings.add("E_MEMBER", name, `${name} is missing.`, ASK)
    for (const name of added.sort())
      this.findings.add("E_MEMBER", name, `${name} does not belong into this pack.`, ASK)
    const odd = found.find((name, place) => name !== expected[place])
    if (odd !== undefined && !missing.length && !added.length)
      this.findings.add("E_MEMBER", odd, "The members are not in the order of a pack.", ASK)
  }

  private async walk(): Promise<Walked> {
    const sizes = this.seen.flatMap(([, seal]) => (seal.checkpoint ? [seal.checkpoint.size] : []))
    const walked = new Walked(new Set(sizes), this.findings)
    const names = [...this.archive.members.keys()]
    const bundles = names.filter((name) => name.startsWith("entries/"))
    const facts = names.filter((name) => name.startsWith("payloads/facts/"))
    const nothing = new Uint8Array(0)
    for (let piece = 0; piece < Math.max(bundles.length, facts.length); piece++) {
      const bundle = piece < bundles.length ? await this.member(bundles[piece], layout.LARGEST_ENTRIES) : nothing
      const most = layout.WIDTH * layout.LARGEST_FACTS
      walked.take(bundle, piece < facts.length ? await this.member(facts[piece], most) : nothing)
    }
    return walked
  }

  /** Unpack what is not judged here, for its digest and its wholeness, and make `README.txt` again. */
  private async others(manifest: layout.Manifest): Promise<void> {
    for (const name of layout.JUDGED) await this.member(name, layout.LARGEST_DOCUMENT)
    if (this.findings.noneOf("E_FACTS", "E_LEAF", "E_ENTRY"))
      for (const name of layout.DRAWN) await this.member(name, layout.LARGEST_DOCUMENT)
    const found = await this.member(layout.README, layout.LARGEST_DOCUMENT)
    if (equal(found, bytesOf(readMe(manifest)))) return
    const problem = `${layout.README} does not say what the pack says.`
    this.findings.add("E_PAGE", layout.README, problem, "Do not read it; read the output of this check.")
  }

  private async listed(manifest: layout.Manifest): Promise<void> {
    for (const packed of manifest.members) {
      const member = this.archive.members.get(packed.name)
      if (!member || [layout.MANIFEST, ...layout.READABLE].includes(packed.name)) {
        const said = repr(cut(packed.name, 120))
        const problem = `The manifest lists ${said}, which is not in the pack or not to be listed.`
        this.findings.add("E_MEMBER", layout.MANIFEST, problem, ASK)
      } else if (member.size !== packed.size || (await this.digest(packed.name)) !== packed.digest)
        this.findings.add("E_MEMBER", packed.name, `${packed.name} is not the one that the manifest lists.`, ASK)
    }
    const names = [...this.archive.members.keys()]
    const count = manifest.members.length
    const same = manifest.members.every((packed, place) => packed.name === names[place])
    if (!same || count !== names.length - 1 - layout.READABLE.length)
      this.findings.add("E_MEMBER", layout.MANIFEST, "The manifest does not list the members of the pack.", ASK)
  }

  private async digest(name: string): Promise<string> {
    const known = this.digests.get(name)
    if (known) return known
    const hash = new Sha256()
    await this.unpacked(name, (piece) => hash.update(piece))
    const digest = `sha256:${hex(hash.digest())}`
    this.digests.set(name, digest)
    return digest
  }

  private written(seal: Seal, manifest: layout.Manifest, walked: Walked, contents: Contents, tokens: number): Verdict {
    const findings = this.findings
    const inOrder = seal.checkpoint !== undefined && findings.noneOf("E_ROOT", "E_SIZE", "E_CHECKPOINT", "E_FORK")
    const whole =
      inOrder && findings.noneOf("E_MEMBER", "E_LEAF", "E_ENTRY", "E_FACTS", "E_CONTENT", "E_ERASURE", "E_PAGE")
    const erased = contents.erased.map(([leaf, by]) => ({ leaf, entry: walked.entryIds.get(leaf) ?? "", by }))
    const { verified, withheld, failed } = contents
    return {
      follows: findings.worst() !== BAD_INPUT && findings.worst() !== DOES_NOT_FOLLOW,
      integrity: {
        verdict: whole ? "verified" : "FAILED",
        entries: walked.frontier.size,
        facts: walked.facts,
        content: { verified, erased, withheld, failed },
      },
      order: { verdict: inOrder ? "verified" : "FAILED", received_out_of_order: walked.backwards },
      authenticity: authenticity(seal, this.trust, findings),
      witnesses: witnesses(seal, this.trust),
      time: time(seal, walked.firstAt, walked.lastAt, this.trust, walked, tokens),
      completeness: {
        verdict: whole ? "complete inside the log" : "FAILED",
        rows: walked.reconciled,
        beyond: BEYOND,
      },
      derivation: NOT_DERIVED,
      unsigned: {
        verdict: "said by the pack alone",
        at: manifest.at,
        written_at: manifest.writtenAt,
        tool: manifest.tool,
        scope: manifest.scope,
      },
      problems: findings.listed(),
    }
  }
}

function readManifest(data: Uint8Array, members: number): Document {
  try {
    return decode(data, 1_000 + 8 * members)
  } catch (error) {
    if (!(error instanceof NotCanonical)) throw error
    throw noPack(layout.MANIFEST, "The file holds no readable manifest, so it is no pack.")
  }
}

function knownPage(manifest: layout.Manifest): void {
  if (KNOWN_PAGES.includes(manifest.page)) return
  const made = `this verifier makes those of number ${KNOWN_PAGES.join(" and ")} again.`
  throw noPack(layout.MANIFEST, `The pages of the pack have the number ${manifest.page}; ${made}`, true)
}
