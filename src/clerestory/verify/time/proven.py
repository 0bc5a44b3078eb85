"""What a pack proves of the time: bounds after which entries cannot have come into being, never when they did.

The order of the log never follows a clock. Where clocks contradict each other, that is counted and said.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from clerestory.terms.moment import moment_text
from clerestory.verify.authenticity import Seal
from clerestory.verify.log import Walked
from clerestory.verify.time.stamps import Stamps
from clerestory.verify.trust import Trust

NOT_CHECKED = "present, not checked"
_NONE = Stamps()
_LAST = 253_402_300_800
"""The first second that no calendar here has."""


def time(seal: Seal, walked: Walked, trust: Trust | None, stamps: Stamps = _NONE) -> Mapping[str, object]:
    """Return the part of the verdict that says what is known of the time."""
    part: dict[str, object] = {"verdict": "claimed by the log alone"}
    if walked.first_at is not None and walked.last_at is not None:
        part |= {"first": moment_text(walked.first_at), "last": moment_text(walked.last_at)}
    independent = () if trust is None else trust.independent()
    times = [witness.at for witness in seal.witnesses if witness.key in independent]
    bounds = {proof.size: proof.not_after for proof in stamps.proofs}
    if stamps.proofs:
        part["verdict"] = "stamped"
    if times and min(times) < _LAST:
        moment = datetime.fromtimestamp(min(times), UTC)
        part |= {"verdict": "witnessed and stamped" if bounds else "witnessed", "exists_since": moment_text(moment)}
        size = walked.frontier.size
        bounds[size] = min(moment, bounds.get(size, moment))
    if stamps.present:
        part["tokens"] = _tokens(stamps)
    late = _claimed_later(walked, bounds)
    return {**part, "claimed_later": late} if late else part


def _tokens(stamps: Stamps) -> Mapping[str, object]:
    if not stamps.checked:
        return {"verdict": NOT_CHECKED, "count": stamps.present}
    proven = [
        {"size": proof.size, "not_after": moment_text(proof.not_after), "authority": proof.authority}
        for proof in stamps.proofs
    ]
    verdict = "FAILED" if stamps.failed else "checked" if proven else "by no authority that is named"
    part: dict[str, object] = {"verdict": verdict, "count": stamps.present, "proven": proven, "unknown": stamps.unknown}
    pairs = zip(stamps.proofs, stamps.proofs[1:], strict=False)
    return {**part, "backwards": sum(one.not_after > other.not_after for one, other in pairs)}


def _claimed_later(walked: Walked, bounds: Mapping[int, datetime]) -> int:
    """Return how many entries claim to be received later than they are proven to have existed: a clock was ahead."""
    steps, count, place = sorted(bounds.items(), reverse=True), 0, 0
    bound: datetime | None = None
    for fact in reversed(walked.facts):
        while place < len(steps) and fact.position is not None and fact.position < steps[place][0]:
            bound = steps[place][1] if bound is None else min(bound, steps[place][1])
            place += 1
        count += bound is not None and fact.received_at.replace(microsecond=0) > bound
    return count
