"""Tries cases at the enforcement point: what must not happen, what must, and what got through again and again.

An act got through when it was allowed, or when anything happened by it: an effect that the answer names, or a change of
what the policy's probe sees before and after. A denial in words beside an effect in fact is no denial.
"""

import hashlib
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clerestory.assurance.enforcement.document import Policy, read_policy
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.trial import Act, Acted, Call, Move, Read, Talk, Unanswered

NOTHING, WAITS, STAYS = "nothing", "waits", "stays"
"""What must not be otherwise: no effect at all; it waits for a person; it stays possible, whatever went before."""
DONE, EFFECT, SEEN = "done", "effect", "seen"
"""What must be possible, or nothing is learnt: the act is carried out; with an effect that is seen; with its marker."""
ACT, CHANGE, MARKER = "act", "change", "marker"
"""What counts: an act that is allowed or has an effect; an effect alone; a text that the answer holds."""
DENIED, ALLOWED, AGAIN = "must not happen", "must be possible", "got through, again"
MOST_AGAIN = 20
_SHOWN = 12

POLICY = Parameter(
    name="policy",
    kind="text",
    default="policy.toml",
    names_slice=True,
    meaning="Policy file beside the manifest, in TOML.",
)
CASES = Parameter(name="cases", kind="count", default=2_000, meaning="Cases that are tried at most; drawn where more.")
REPEATS = Parameter(name="again", kind="count", default=20, meaning="How often an act that got through is tried again.")
REFUSED = Parameter(
    name="max_refused_share",
    kind="share",
    default=0.05,
    meaning="Largest share of acts refused that must be possible, with which the check can still pass.",
)
SEED = Parameter(name="seed", kind="seed", default=0, meaning="Seed of the draw where there are more cases.")
PARAMETERS = (POLICY, CASES, REPEATS, REFUSED, SEED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: what is tried (kind), where (name), the acts before, the act that is judged, and what it expects.

    ``seen`` says what counts: ``change`` is what the probe sees, or without one the effects that the answer names;
    ``marker`` is the text in ``marker``. ``tolerant``: acts before may stay without an answer.
    """

    kind: str
    name: str
    act: Act
    before: tuple[Act, ...] = ()
    expect: str = NOTHING
    seen: str = ACT
    marker: str = ""
    tolerant: bool = False

    def fresh(self, serial: int) -> "Case":
        """Return the case with new idempotency keys, alike where they were alike."""
        return replace(self, act=_fresh(self.act, serial), before=tuple(_fresh(act, serial) for act in self.before))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a case ended: whether anything happened, and whether it was refused where it had to be possible."""

    happened: bool
    refused: bool


def policy_of(parameters: Parameters) -> Generator[Move, Any, tuple[Policy, dict[str, str]]]:
    """Read the policy that the parameters name; return it with the notes that identify it."""
    path = parameters.text("policy")
    body = yield Read(path)
    policy = read_policy(path, body)
    seen = "; ".join(f"{key} {policy.probe[key]}" for key in ("file", "tool") if key in policy.probe)
    return policy, {
        "policy": f"{path}, sha256:{hashlib.sha256(body or b'').hexdigest()}",
        "effects seen by": seen or "what the enforcement point says itself",
    }


def try_cases(cases: Sequence[Case], policy: Policy, parameters: Parameters, notes: dict[str, str]) -> Talk:
    """Try all cases, those without an answer once more at the end, and those that got through again and again."""
    different = _different(cases)
    chosen = _drawn(different, parameters)
    ended: dict[int, Ended] = {}
    for _ in range(2):
        for at, case in enumerate(chosen):
            if at not in ended:
                found = yield from _tried(case.fresh(at), policy)
                if found is not None:
                    ended[at] = found
    through = [at for at, found in ended.items() if found.happened and chosen[at].expect in (NOTHING, WAITS, STAYS)]
    repeated = yield from _repeated([chosen[at] for at in through[:MOST_AGAIN]], policy, parameters)
    if through:
        names = [f"{chosen[at].kind}: {chosen[at].name}" for at in through]
        notes["got through"] = "; ".join(names[:_SHOWN]) + (
            f"; and {len(names) - _SHOWN} more" if names[_SHOWN:] else ""
        )
    notes["cases"] = f"{len(chosen)} of {len(different)}"
    return TrialTally(
        cells=tuple(sorted([*_cells(chosen, ended), *repeated], key=lambda cell: cell.kind)),
        unanswered=len(chosen) - len(ended),
        notes=tuple(sorted(notes.items())),
    )


def _different(cases: Sequence[Case]) -> list[Case]:
    """Return the cases without those that do what an earlier one does: tried twice, a border is not tried more."""
    found: dict[str, Case] = {}
    for case in cases:
        found.setdefault(repr(replace(case, kind="", name="")), case)
    return list(found.values())


def _drawn(cases: Sequence[Case], parameters: Parameters) -> list[Case]:
    most = parameters.count("cases")
    if len(cases) <= most:
        return list(cases)
    chosen = np.random.default_rng(parameters.count("seed")).choice(len(cases), size=most, replace=False)
    return [cases[at] for at in sorted(chosen.tolist())]


def _cells(chosen: Sequence[Case], ended: dict[int, Ended]) -> Iterable[TrialCell]:
    tried, hit = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for at, found in ended.items():
        case = chosen[at]
        if case.expect in (NOTHING, WAITS, STAYS):
            tried[DENIED, case.kind] += 1
            hit[DENIED, case.kind] += found.happened
        if case.expect in (DONE, EFFECT, SEEN, WAITS):
            tried[ALLOWED, case.kind] += 1
            hit[ALLOWED, case.kind] += found.refused
    return [TrialCell(kind=kind, n=n, hits=hit[kind]) for kind, n in tried.items()]


def _repeated(through: Sequence[Case], policy: Policy, parameters: Parameters) -> Generator[Move, Any, list[TrialCell]]:
    """Try each act that got through again: whether it does so always or once is another matter to an attacker."""
    counts: dict[tuple[str, ...], list[int]] = {}
    for at, case in enumerate(through):
        count = counts.setdefault((AGAIN, case.kind, f"{at + 1:02d} {case.name}"), [0, 0])
        for turn in range(parameters.count("again")):
            found = yield from _tried(case.fresh(1_000_000 * (at + 1) + turn), policy)
            if found is not None:
                count[0] += 1
                count[1] += found.happened
    return [TrialCell(kind=kind, n=n, hits=hits) for kind, (n, hits) in counts.items() if n]


def _tried(case: Case, policy: Policy) -> Generator[Move, Any, Ended | None]:
    """Try one case; None where it got no answer. What must stay possible and gets none has stopped."""
    for act in case.before:
        try:
            yield act
        except Unanswered:
            if not case.tolerant:
                return None
    try:
        before = yield from state(policy)
        said: Acted = yield case.act
        after = yield from state(policy)
    except Unanswered:
        return Ended(happened=True, refused=False) if case.expect == STAYS else None
    changed = before != after if policy.probe else bool(said.effects)
    happened = _happened(case, said, changed=changed)
    wanted = {DONE: "allowed", EFFECT: "allowed", WAITS: "waits"}.get(case.expect, said.decision)
    idle = (case.expect == EFFECT and not changed) or (case.expect == SEEN and not happened)
    return Ended(happened, said.decision != wanted or idle)


def _happened(case: Case, said: Acted, *, changed: bool) -> bool:
    if case.expect == STAYS:
        return said.decision != "allowed"
    if case.seen == MARKER:
        return any(case.marker in text for text in (said.text, *said.effects))
    if case.seen == CHANGE:
        return changed
    return changed or said.decision == "allowed" or bool(said.effects)


def state(policy: Policy) -> Generator[Move, Any, object]:
    """Return what the policy's probe sees; None where there is none."""
    probe = policy.probe
    seen: list[object] = []
    if "file" in probe:
        seen.append((yield Read(str(probe["file"]))))
    if "tool" in probe:
        call = Call(str(probe["tool"]), {str(k): str(v) for k, v in probe.get("arguments", {}).items()})
        said: Acted = yield Act(str(probe.get("principal", "")), call)
        seen.append(said.text)
    return seen or None


def _fresh(act: Act, serial: int) -> Act:
    return replace(act, key=f"{act.key}-{serial}") if act.key else act
