"""The time tokens of a pack: each over the checkpoint of one size, whose root is computed here and not taken from it.

Without an authority that the trust file names they are present and not checked. One by an authority that nobody named
proves nothing and is counted; one that is wrong is named as a problem.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from clerestory.ledger.checkpoint import Checkpoint, CheckpointMalformed, checkpoint_text
from clerestory.ledger.stamp.der import DerMalformed
from clerestory.ledger.stamp.token import Authority, StamperUnknown, TokenRefused, check
from clerestory.verify.authenticity import Seal
from clerestory.verify.form.layout import token_name
from clerestory.verify.log import Walked
from clerestory.verify.verdict import Findings


@dataclass(frozen=True, slots=True)
class Proof:
    """The first ``size`` entries existed not later than a moment, as an authority says."""

    size: int
    not_after: datetime
    authority: str


@dataclass(frozen=True, slots=True)
class Stamps:
    """How it stands with the tokens of a pack; ``checked`` where an authority is named, ``unknown`` are by others."""

    present: int = 0
    checked: bool = False
    proofs: tuple[Proof, ...] = ()
    unknown: int = 0
    failed: int = 0


def check_stamps(
    held: Mapping[int, bytes], seal: Seal, walked: Walked, authorities: Sequence[Authority], findings: Findings
) -> Stamps:
    """Check the tokens, each over the checkpoint of its size, against the authorities that the reader named."""
    if seal.checkpoint is None or not authorities:
        return Stamps(len(held))
    proofs, unknown, failed = [], 0, 0
    for size, response in held.items():
        root = seal.checkpoint.root if size == seal.checkpoint.size else walked.roots.get(size, b"")
        try:
            text = checkpoint_text(Checkpoint(seal.checkpoint.origin, size, root))
            found = check(response, text.encode(), authorities)
        except StamperUnknown:
            unknown += 1
        except (DerMalformed, TokenRefused, CheckpointMalformed) as error:
            failed += 1
            findings.add("E_TIME", token_name(size), error.problem, error.remedy)
        else:
            proofs.append(Proof(size, found.not_after, found.authority))
    return Stamps(len(held), True, tuple(proofs), unknown, failed)
