"""What the auditor's program says of a pack: the answer to `assurance.trial.Audit`."""

from collections.abc import Callable
from pathlib import Path

from clerestory.assurance.trial import Audit, Audited
from clerestory.verify.trust import read_trust
from clerestory.verify.verify import verify


def audit(move: Audit, place: Callable[[str], Path]) -> Audited:
    """Verify a pack with the trust file and the earlier packs that the move names; ``place`` finds a file.

    Raises:
        TrustUnreadable: the trust file has another form.
    """
    trust = place(move.trust) if move.trust else None
    believed = read_trust(trust.read_bytes()) if trust is not None and trust.is_file() else None
    verdict = verify(place(move.pack), believed, earlier=[place(path) for path in move.earlier])
    entries = verdict.integrity.get("entries")
    problems = tuple((problem.code, problem.where, problem.problem) for problem in verdict.problems)
    return Audited(entries if isinstance(entries, int) else 0, problems)
