// One entry without its log: checks a tlog-proof offline, and says that it proves inclusion and nothing more.

import { hex } from "./form/bytes"
import { CHECKPOINT } from "./form/layout"
import { readMoment } from "./form/moment"
import { readLeaf, type Leaf } from "./log/leaf"
import { HEADER, LARGEST_PROOF, readProof, type EntryProof } from "./seal/proof"
import { authenticity, checkSignatures, readSeal, time, witnesses, type Seal } from "./seal/seal"
import { leafHash, verifyInclusion } from "./seal/tree"
import type { Trust } from "./seal/trust"
import { ASK, BAD_INPUT, DOES_NOT_FOLLOW, Findings, unreadable, type Part, type Verdict } from "./verdict"
import { Wrong } from "./wrong"

const INCLUSION = "inclusion only"
const BEYOND = "what else the log holds: not provable by the proof of one entry"
const NOTHING: Part = { verdict: "not part of a proof" }

/** Whether a file begins as a tlog-proof does. */
export async function isProof(file: File): Promise<boolean> {
  return (await file.slice(0, HEADER.length + 1).text()) === `${HEADER}\n`
}

export async function verifyEntry(file: File, trust: Trust | undefined): Promise<Verdict> {
  let proof: EntryProof
  try {
    proof = readProof(new Uint8Array(await file.slice(0, LARGEST_PROOF + 1).arrayBuffer()))
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    return unreadable({ code: "E_PROOF", where: file.name, problem: error.problem, remedy: error.remedy })
  }
  const findings = new Findings()
  let seal = readSeal(proof.note, findings)
  if (trust) seal = await checkSignatures(seal, trust, findings)
  else
    findings.add(
      "E_UNTRUSTED",
      CHECKPOINT,
      "No trust file says whose key signed the checkpoint, so its signature was not checked.",
      "Get the trust file from the log's owner by another way and run: clerestory-verify PROOF --trust FILE",
    )
  const where = `leaf ${proof.index}`
  const leaf = caught("E_LEAF", where, findings, () => readLeaf(proof.extra))
  const { checkpoint } = seal
  if (checkpoint)
    caught("E_ROOT", where, findings, () =>
      verifyInclusion(leafHash(proof.extra), proof.index, checkpoint.size, proof.path, checkpoint.root),
    )
  return verdict(proof, leaf, seal, trust, findings)
}

function caught<Found>(code: string, where: string, findings: Findings, look: () => Found): Found | undefined {
  try {
    return look()
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    findings.add(code, where, error.problem, code === "E_LEAF" ? ASK : error.remedy)
    return undefined
  }
}

function verdict(proof: EntryProof, leaf: Leaf | undefined, seal: Seal, trust: Trust | undefined, findings: Findings): Verdict {
  const whole = seal.checkpoint && findings.noneOf("E_ROOT", "E_LEAF", "E_CHECKPOINT")
  const at = momentOf(leaf)
  return {
    follows: findings.worst() !== BAD_INPUT && findings.worst() !== DOES_NOT_FOLLOW,
    integrity: {
      verdict: whole ? "verified" : "FAILED",
      position: proof.index,
      leaf_hash: hex(leafHash(proof.extra)),
      ...(leaf && said(leaf)),
    },
    order: { verdict: INCLUSION },
    authenticity: authenticity(seal, trust, findings),
    witnesses: witnesses(seal, trust),
    time: time(seal, at, at, trust),
    completeness: { verdict: `${INCLUSION}, no completeness`, beyond: BEYOND },
    derivation: NOTHING,
    unsigned: NOTHING,
    problems: findings.listed(),
  }
}

function said({ kind, entity, at, actor, facts, content }: Leaf): Part {
  return { kind, entity, at, actor, facts, ...(content !== null && { content }) }
}

function momentOf(leaf: Leaf | undefined): string {
  try {
    return leaf ? readMoment(leaf.at) : ""
  } catch {
    return ""
  }
}
