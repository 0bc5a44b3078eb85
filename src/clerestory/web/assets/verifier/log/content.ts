// Content against its commitment: verified, erased as the log says, withheld as the scope allows, or failed.

import { hex } from "../form/bytes"
import type { Opening } from "../form/layout"
import type { Archive } from "../form/zip"
import { Hmac, Sha256 } from "../seal/sha256"
import { ASK, type Findings } from "../verdict"
import { Damaged } from "../wrong"
import type { Walked } from "./walk"

export const SCOPES = ["all", "without-personal", "none"]
const SALTED = "hmac-sha256:"

export interface Contents {
  verified: number
  withheld: number
  failed: number
  /** Position, and position of the entry that says so. */
  erased: [number, number][]
}

/** Check every content that the log commits to, whether it is in the pack or not. */
export async function checkContents(
  archive: Archive, openings: Opening[], scope: string, walked: Walked, findings: Findings,
): Promise<Contents> {
  const contents: Contents = { verified: 0, withheld: 0, failed: 0, erased: [] }
  const opened = new Map(openings.map((opening) => [opening.position, opening]))
  const positions = [...new Set([...walked.contents.keys(), ...opened.keys()])].sort((one, other) => one - other)
  for (const position of positions) {
    const [opening, commitment] = [opened.get(position), walked.contents.get(position)]
    const where = walked.place(position)
    const before = findings.total
    if (!opening) findings.add("E_CONTENT", where, "The pack does not say what became of this content.", ASK)
    else if (commitment === undefined)
      findings.add("E_CONTENT", where, "The pack holds content that no entry commits to.", ASK)
    else if (opening.commitment !== commitment)
      findings.add("E_CONTENT", where, "The entry commits to another content.", ASK)
    else await check(archive, opening, scope, walked, contents, findings)
    if (findings.total > before) contents.failed++
  }
  return contents
}

async function check(
  archive: Archive, opening: Opening, scope: string, walked: Walked, contents: Contents, findings: Findings,
): Promise<void> {
  const { position, state } = opening
  const where = walked.place(position)
  const erasedBy = walked.erased.get(walked.entryIds.get(position) ?? "")
  if (state === "present" && erasedBy !== undefined)
    findings.add(
      "E_ERASURE",
      where,
      `Leaf ${erasedBy} says that this content was erased, but it is in the pack.`,
      "Do not use the content; tell the log's owner that it still exists.",
    )
  else if (state === "present") {
    if (await holds(archive, opening)) contents.verified++
    else
      findings.add(
        "E_CONTENT", where, `The content in ${opening.name} is missing or is not what the entry commits to.`, ASK,
      )
  } else if (erasedBy !== undefined) contents.erased.push([position, erasedBy])
  else if (!walked.entryIds.has(position)) contents.failed++ // its facts are named already
  else if (state === "erased")
    findings.add(
      "E_ERASURE",
      where,
      "The content is said to be erased, but no entry of the log says so.",
      "Ask the log's owner for the content, or for the record of its erasure.",
    )
  else if (scope === "none" || (scope === "without-personal" && opening.commitment.startsWith(SALTED)))
    contents.withheld++
  else findings.add("E_CONTENT", where, `The content is in scope (${scope}) but is not in the pack.`, ASK)
}

async function holds(archive: Archive, { name, salt, commitment }: Opening): Promise<boolean> {
  if (!archive.members.has(name) || (salt && salt.length !== 32)) return false
  const hash = salt ? new Hmac(salt) : new Sha256()
  try {
    await archive.each(name, (piece) => hash.update(piece))
  } catch (error) {
    if (error instanceof Damaged) return false
    throw error
  }
  return `${salt ? SALTED : "sha256:"}${hex(hash.digest())}` === commitment
}
