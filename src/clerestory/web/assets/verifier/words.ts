// The verdict in words for somebody who is no engineer, as the other verifiers say it.

import { clean, plainMoment } from "./readme"
import { ANNOUNCED, COMPROMISED } from "./seal/rotation"
import {
  BAD_INPUT, DOES_NOT_FOLLOW, FINE, NOT_AUTHENTICATED, TRUST_UNMET, exitOf, type Exit, type Part, type Verdict,
} from "./verdict"

export type Mark = "good" | "bad" | "open"
export type Line = [Mark, string]

const MEANS: Record<Exit, string> = {
  [FINE]: "Nobody changed, removed or added anything since the log was signed. Statuses are not derived again here: before you rely on one, or on index.html and report.pdf, run verify.py or clerestory-verify.",
  [DOES_NOT_FOLLOW]: "This file is not what the log holds, or it claims more than the log gives. The cause may be harmless, as a damaged download; it may also be a change on purpose. Do not use it. Ask its owner for the pack again. If the same is found again, keep both files and ask for an explanation in writing.",
  [BAD_INPUT]: "Nothing can be said about what it holds: neither that it is right nor that it is wrong.",
  [TRUST_UNMET]: "What the file says follows, but fewer independent witnesses than you asked for have seen the log: its owner could show others another one.",
  [NOT_AUTHENTICATED]: "The file is in itself consistent, as an invented one can be. It says something about the organisation only once the key is known to be theirs.",
}
const ENTRY_MEANS: Record<Exit, string> = {
  [FINE]: "The entry was in the log when it was signed, at this place and with these words. What else the log holds, such as an entry that takes this one back, no proof of one entry says: ask for the audit pack.",
  [DOES_NOT_FOLLOW]: "The entry, the way to the signed root, or the signature is not what was logged. The cause may be harmless, as a damaged download; it may also be a change on purpose. Ask for the proof again; if the same is found again, keep both files.",
  [BAD_INPUT]: "Nothing can be said about what it holds: neither that it is right nor that it is wrong.",
  [TRUST_UNMET]: "What the file says follows, but fewer independent witnesses than you asked for have seen the log: its owner could show others another one.",
  [NOT_AUTHENTICATED]: "It says something about the organisation only once the key is known to be theirs.",
}
const ENTRY_HEADLINES: Record<Exit, string> = {
  [FINE]: "This entry stands in the log, and the log's key vouches for it.",
  [DOES_NOT_FOLLOW]: "This proof does not show that the entry stands in the log. Do not rely on it.",
  [TRUST_UNMET]: "This entry stands in the log, but not enough witnesses have seen that log.",
  [NOT_AUTHENTICATED]: "The proof agrees with itself, but nobody vouched for it: without a trust file anybody could have made it.",
  [BAD_INPUT]: "Nothing was checked: what was given cannot be read.",
}
const OLDER =
  "Ask for a trust file that was written since; an older one still believes what this key signs for a shorter log."
export const CONSEQUENCES: Record<string, string> = {
  E_PACK: "nothing in the file was looked at.",
  E_VERSION: "nothing in the file was looked at; another version of this program may read it.",
  E_PROOF: "nothing in the file was looked at.",
  E_TRUST: "without the trust file nobody can say whose pack it is.",
  E_MEMBER: "part of the file is not what was packed.",
  E_CHECKPOINT: "it is not certain which log this is, or how long it was when it was signed.",
  E_SIG: "the owner of the log did not sign this, or signed something else.",
  E_KEY: "somebody who has an old key of the log could have made this.",
  E_ROOT: "at least one entry is not what it was when the log was signed.",
  E_SIZE: "entries were left out or added since the log was signed.",
  E_FORK: "history was rewritten: two people were shown two different pasts.",
  E_EARLIER: "whether history was rewritten could not be seen.",
  E_TIME: "how long ago these entries existed at the latest is not proven by this token.",
  E_LEAF: "this entry proves nothing.",
  E_ENTRY: "one name stands for two entries, so references to it are ambiguous.",
  E_FACTS: "what was judged is not what the entry recorded.",
  E_CONTENT: "the document behind the entry is gone or is another one.",
  E_ERASURE: "what the log says about an erased document is not what the file holds.",
  E_CATALOGUE: "statuses were derived by rules that nobody published.",
  E_STATUS: "the organisation claims a status that its own records do not give.",
  E_PAGE: "what a reader is shown is not what the pack holds.",
  E_QUORUM: "its owner could show somebody else another log.",
  E_UNTRUSTED: "anybody could have made this file.",
}

export function isEntry(verdict: Verdict): boolean {
  return "position" in verdict.integrity
}

export function headline(verdict: Verdict): string {
  const exit = exitOf(verdict)
  if (isEntry(verdict)) return ENTRY_HEADLINES[exit]
  const count = new Set(verdict.problems.map(({ code, where }) => `${code} ${where}`)).size
  const things = count === 1 ? "One thing in this pack does" : `${count} things in this pack do`
  return {
    [FINE]: "Everything that was checked here follows, and the log's key vouches for it.",
    [BAD_INPUT]: "Nothing was checked: what was given cannot be read.",
    [DOES_NOT_FOLLOW]: `${things} not follow. Do not rely on it before each is explained.`,
    [TRUST_UNMET]:
      "The pack agrees with itself and the log's key vouches for it, but not enough witnesses have seen it.",
    [NOT_AUTHENTICATED]:
      "The pack agrees with itself, but nobody vouched for it: without a trust file anybody could have made it.",
  }[exit]
}

export function meaning(verdict: Verdict): string {
  return (isEntry(verdict) ? ENTRY_MEANS : MEANS)[exitOf(verdict)]
}

/** What was checked, line by line; each with its mark. */
export function* findings(verdict: Verdict): Generator<Line> {
  if (isEntry(verdict)) yield* ofEntry(verdict)
  else yield* ofPack(verdict)
}

function* ofPack(verdict: Verdict): Generator<Line> {
  const { integrity, order } = verdict
  const good = "Nothing was changed: all {} entries and their facts lead to the signed root."
  yield integrity.verdict === "verified"
    ? ["good", good.replace("{}", String(integrity.entries))]
    : ["bad", "Something was changed: see below."]
  yield ofContent(integrity.content as Part)
  yield order.verdict === "verified"
    ? ["good", "Nothing was left out, added or moved: the log is whole and in order."]
    : ["bad", "The log is not the one that was signed."]
  if (order.received_out_of_order)
    yield [
      "open",
      `${order.received_out_of_order} entries stand behind others that were received later. Order in the log is not time.`,
    ]
  yield* ofSigners(verdict)
  yield ofTime(verdict.time)
  if (verdict.time.tokens) yield ["open", "Time tokens are in the pack and were not checked here."]
  yield ["open", "Statuses were not derived again here: verify.py and clerestory-verify do that."]
  yield ["open", "For readers: index.html and report.pdf repeat the claims of the pack and were not made again here."]
  yield ofHolder(verdict.unsigned)
  yield ofRows(verdict.completeness.rows as Part)
  yield ["open", "Not provable by any pack: whether something that should be in the log was never entered."]
}

function ofRows(rows: Part): Line {
  if (rows.verdict === "never compared")
    return ["open", "The log does not say that its owner ever compared it with the rows of the registers."]
  const said = `Its owner's server compared the log with the rows of the registers ${plainMoment(String(rows.at))}`
  if (rows.verdict === "fit") return ["open", `${said}: ${rows.rows} rows and ${rows.size} entries fitted. That is its own word.`]
  const count = rows.problems ?? "an unreadable number of"
  return ["bad", `${said}: ${count} things did not fit. Ask what they were: leaf ${rows.leaf}, ${clean(String(rows.entry))}.`]
}

function ofContent(content: Part): Line {
  const erased = Array.isArray(content.erased) ? content.erased.length : 0
  const text = `Content: ${content.verified} verified, ${erased} erased as logged, ${content.withheld} withheld`
  return [content.failed ? "bad" : "good", text + (content.failed ? `, ${content.failed} failed.` : ".")]
}

function* ofSigners({ authenticity, witnesses }: Verdict): Generator<Line> {
  if (authenticity.verdict === "authentic")
    yield ["good", vouched(authenticity)]
  else if (authenticity.verdict === "not authenticated")
    yield ["open", `Signed by a key that calls itself ${authenticity.origin}; nobody vouched for it.`]
  else yield ["bad", "The signature does not stand for this log."]
  for (const turn of (authenticity.turns ?? []) as Part[]) yield ofTurn(turn)
  const { count } = witnesses
  yield count
    ? [witnesses.verdict === "quorum met" ? "good" : "bad", `Seen by ${count} independent witness${count === 1 ? "" : "es"}.`]
    : ["open", "No independent witness has seen this log: its owner could have rewritten it before today."]
}

function vouched({ followed, origin }: Part): string {
  return followed
    ? `Signed by a key of ${origin} that follows, in the log, from one that the trust file names.`
    : `Signed by the key of ${origin} that the trust file names.`
}

function ofTurn(turn: Part): Line {
  if (turn.act === ANNOUNCED)
    return ["good", `Leaf ${turn.leaf}: the log's key ${turn.by} named ${turn.key} as the one that follows.`]
  const said = `Leaf ${turn.leaf}: the key ${turn.key} signs no longer`
  if (turn.why === COMPROMISED) return ["open", `${said}: it was compromised. ${OLDER}`]
  return ["good", `${said}; nothing longer counts by it.`]
}

function ofTime(time: Part): Line {
  return time.verdict === "witnessed"
    ? ["good", `Witnesses saw the log ${plainMoment(String(time.exists_since))}; it has not been changed since.`]
    : ["open", "Times are claimed by the log alone."]
}

function ofHolder(part: Part): Line {
  const written = `${plainMoment(String(part.written_at))} by ${part.tool}`
  const text = "Not signed, whoever handed the pack on could have chosen it: the moment of the statuses, what is withheld"
  return ["open", `${text} (scope: ${part.scope}), and that it was written ${written}.`]
}

function* ofEntry(verdict: Verdict): Generator<Line> {
  const part = verdict.integrity
  if (part.verdict === "verified") {
    const said = `${part.kind} about ${part.entity}, by ${part.actor}, ${plainMoment(String(part.at))}`
    yield ["good", `Entry ${part.position} leads to the signed root: ${said}.`]
  } else yield ["bad", `Entry ${part.position} does not lead to the signed root, or is no entry.`]
  yield* ofSigners(verdict)
  yield ["open", "Its facts and its content are not in a proof; the entry holds their digests."]
  yield ["open", "What else the log holds, and whether this entry was taken back, is not in a proof."]
}

/** The separate verdicts, each as its name, its word and how it stands. */
export function parts(verdict: Verdict): [string, string, Mark][] {
  const names: [string, Part][] = [
    ["Integrity", verdict.integrity],
    ["Order", verdict.order],
    ["Authenticity", verdict.authenticity],
    ["Witnesses", verdict.witnesses],
    ["Time", verdict.time],
    ["Completeness", verdict.completeness],
    ["Statuses", verdict.derivation],
  ]
  return names.map(([name, part]) => [name, clean(String(part.verdict)), MARKS[String(part.verdict)] ?? "open"])
}

const MARKS: Record<string, Mark> = {
  verified: "good",
  authentic: "good",
  "quorum met": "good",
  witnessed: "good",
  "complete inside the log": "good",
  FAILED: "bad",
  "quorum missing": "bad",
}
