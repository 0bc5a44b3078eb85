// The verdict on a file: what was found, what does not follow, and the exit code that says so elsewhere.

export const FINE = 0
export const DOES_NOT_FOLLOW = 1
export const BAD_INPUT = 2
export const NOT_AUTHENTICATED = 4
export const TRUST_UNMET = 5
export type Exit = 0 | 1 | 2 | 4 | 5
export type Part = Record<string, unknown>

const PRECEDENCE: Exit[] = [BAD_INPUT, DOES_NOT_FOLLOW, TRUST_UNMET, NOT_AUTHENTICATED]
const MOST_OF_A_KIND = 20
export const ASK = "Ask the log's owner for the original; the changed one proves nothing."

/** Every code with its exit code and its meaning, in the order and words of the other verifiers. */
export const CODES: Record<string, [Exit, string]> = {
  E_PACK: [BAD_INPUT, "the file cannot be read as a pack"],
  E_VERSION: [BAD_INPUT, "the pack is of a version that this verifier does not read"],
  E_PROOF: [BAD_INPUT, "the file cannot be read as the proof of an entry"],
  E_TRUST: [BAD_INPUT, "the trust file cannot be read"],
  E_MEMBER: [DOES_NOT_FOLLOW, "a member is missing, damaged, added or out of order"],
  E_CHECKPOINT: [DOES_NOT_FOLLOW, "the checkpoint is malformed or of another log"],
  E_SIG: [DOES_NOT_FOLLOW, "the log's signature is not over this checkpoint"],
  E_KEY: [DOES_NOT_FOLLOW, "a key of the log signed or named another one when it was not its turn"],
  E_ROOT: [DOES_NOT_FOLLOW, "the entries do not lead to the signed root"],
  E_SIZE: [DOES_NOT_FOLLOW, "the number of entries is not the signed one"],
  E_FORK: [DOES_NOT_FOLLOW, "two signed views of one log do not extend each other"],
  E_EARLIER: [DOES_NOT_FOLLOW, "a file received earlier is of another log, so nothing could be compared"],
  E_TIME: [DOES_NOT_FOLLOW, "a time token does not vouch for what it is packed with"],
  E_LEAF: [DOES_NOT_FOLLOW, "an entry is malformed"],
  E_ENTRY: [DOES_NOT_FOLLOW, "an entry id stands in the log twice"],
  E_FACTS: [DOES_NOT_FOLLOW, "facts are missing or are not those that the entry commits to"],
  E_CONTENT: [DOES_NOT_FOLLOW, "content is missing or is not what the entry commits to"],
  E_ERASURE: [DOES_NOT_FOLLOW, "content is said to be erased and the log does not say so, or the reverse"],
  E_CATALOGUE: [DOES_NOT_FOLLOW, "rules or frameworks are not those that were released"],
  E_STATUS: [DOES_NOT_FOLLOW, "a claimed status does not follow from the evidence"],
  E_PAGE: [DOES_NOT_FOLLOW, "a page for people does not say what the pack says"],
  E_QUORUM: [TRUST_UNMET, "fewer witnesses agree than the trust file asks for"],
  E_UNTRUSTED: [NOT_AUTHENTICATED, "nobody vouched for the key: no trust file was given"],
}

export interface Problem {
  code: string
  where: string
  problem: string
  remedy: string
}

export interface Verdict {
  follows: boolean
  integrity: Part
  order: Part
  authenticity: Part
  witnesses: Part
  time: Part
  completeness: Part
  derivation: Part
  unsigned: Part
  problems: Problem[]
}

/** Problems in the order in which they were found; floods of one kind are counted and cut. */
export class Findings {
  total = 0
  private readonly problems: Problem[] = []
  private readonly counts = new Map<string, number>()

  add(code: string, where: string, problem: string, remedy: string): void {
    const count = this.count(code) + 1
    this.counts.set(code, count)
    this.total++
    if (count <= MOST_OF_A_KIND) this.problems.push({ code, where, problem, remedy })
  }

  count(code: string): number {
    return this.counts.get(code) ?? 0
  }

  noneOf(...codes: string[]): boolean {
    return codes.every((code) => this.count(code) === 0)
  }

  worst(): Exit {
    return worst([...this.counts.keys()])
  }

  /** The problems, with a last one for each code that was cut. */
  listed(): Problem[] {
    const cut = [...this.counts].filter(([, count]) => count > MOST_OF_A_KIND)
    const further = cut.map(([code, count]) => ({
      code,
      where: "further places",
      problem: `${count - MOST_OF_A_KIND} more problems of this kind were found.`,
      remedy: "Start with the ones that are listed.",
    }))
    return [...this.problems, ...further]
  }
}

export function exitOf(verdict: Verdict): Exit {
  return worst(verdict.problems.map((problem) => problem.code))
}

function worst(codes: string[]): Exit {
  const found = codes.map((code) => CODES[code][0])
  return PRECEDENCE.find((exit) => found.includes(exit)) ?? FINE
}

/** The verdict on something that could not be read at all. */
export function unreadable(problem: Problem): Verdict {
  const none = { verdict: "not checked" }
  return {
    follows: false,
    integrity: none,
    order: none,
    authenticity: none,
    witnesses: none,
    time: none,
    completeness: none,
    derivation: none,
    unsigned: none,
    problems: [problem],
  }
}
