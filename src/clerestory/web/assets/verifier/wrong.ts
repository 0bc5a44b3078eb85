// What is wrong with a file: a problem and a remedy, one sentence each, as every verifier says them.

export class Wrong extends Error {
  constructor(
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(`${problem} ${remedy}`)
  }
}

/** A file that cannot be read at all, with the code of its verdict and the place. */
export class Unreadable extends Error {
  constructor(
    readonly code: string,
    readonly where: string,
    readonly problem: string,
    readonly remedy: string,
  ) {
    super(problem)
  }
}

/** A member that does not unpack to what the archive announces. */
export class Damaged extends Wrong {}

const AGAIN = "Ask for the pack again, or use the version of the verifier that wrote it."

/** A document of a pack that has another form than this version reads. */
export function noPack(where: string, problem: string, version = false): Unreadable {
  return new Unreadable(version ? "E_VERSION" : "E_PACK", where, problem, AGAIN)
}
