// What was given: a pack or the proof of one entry, perhaps a trust file, perhaps files that were received before.

import { isProof, verifyEntry } from "./single"
import { LARGEST_TRUST, readTrust, type Trust } from "./seal/trust"
import { unreadable, type Verdict } from "./verdict"
import { verify, type Progress } from "./verify"
import { Wrong } from "./wrong"

export async function check(pack: File, trust: File | undefined, earlier: File[], progress: Progress): Promise<Verdict> {
  let trusted: Trust | undefined
  try {
    trusted = trust && readTrust(new Uint8Array(await trust.slice(0, LARGEST_TRUST).arrayBuffer()))
  } catch (error) {
    if (!(error instanceof Wrong) || !trust) throw error
    return unreadable({ code: "E_TRUST", where: trust.name, problem: error.problem, remedy: error.remedy })
  }
  if (!(await isProof(pack))) return verify(pack, trusted, earlier, progress)
  if (!earlier.length) return verifyEntry(pack, trusted)
  return unreadable({
    code: "E_PROOF",
    where: pack.name,
    problem: "The proof of one entry cannot be compared with an earlier file.",
    remedy: "Leave --earlier out, or ask for a pack.",
  })
}
