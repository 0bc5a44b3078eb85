"""Share of the claims of answers that their sources support."""

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from clerestory.assurance.dialogue.campaign import SEED, said
from clerestory.assurance.dialogue.corpus import OWN, are_texts, chosen, is_text, rows_of
from clerestory.assurance.dialogue.entailment import abstains, claims, supported
from clerestory.assurance.dialogue.injection import names_of
from clerestory.assurance.dialogue.judging import (
    AGREEMENT,
    INDEPENDENT,
    JUDGE,
    agreement_of,
    asked,
    calibration_cells,
    labelled,
    labels_said,
    seen,
    wilson_of,
)
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.statistics.interval import Interval, critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import InconsistentTally, Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Message, Move, Talk, trial_of, trial_tally

NAME = "language_models.groundedness"
MINIMUM_CLAIMS, MINIMUM_ANSWERS = 30, 10
CLAIMS, ABSTAINED = "claims", "abstained"
HELD, NOT_HELD = "answer in the sources", "no answer in the sources"
_SYSTEM = "Answer the question from the sources alone, in whole sentences. Where they hold no answer, say so."
_QUESTION = (
    "Do the sources state everything that the claim says? What is merely likely or true elsewhere is not stated."
)
_PARAMETERS = (
    OWN,
    SEED,
    JUDGE,
    AGREEMENT,
    INDEPENDENT,
    Parameter(name="cases", kind="count", default=200, meaning="Questions that are asked at most."),
)


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers by their number of claims and of supported ones: (claims, supported, answers)."""

    counts: tuple[tuple[int, int, int], ...]

    @property
    def claims(self) -> int:
        """All claims of all answers."""
        return sum(k * n for k, _, n in self.counts)

    @property
    def supported(self) -> int:
        """All supported claims of all answers."""
        return sum(s * n for _, s, n in self.counts)

    @property
    def answers(self) -> int:
        """Answers with a claim."""
        return sum(n for _, _, n in self.counts)

    def effective(self) -> float:
        """Return how many independent claims these are worth: claims of one answer stand or fall together.

        claims / design effect, the latter the variance of the ratio over answers (Cochran 1977, section 6.3) by that
        of as many independent claims, at least 1. Where all claims are alike it cannot be seen and answers count.
        """
        total, share = self.claims, self.supported / self.claims
        if share in (0.0, 1.0) or self.answers < 2:
            return float(self.answers)
        squares = sum(n * (s - share * k) ** 2 for k, s, n in self.counts)
        variance = squares * self.answers / (self.answers - 1) / total**2
        return total / max(variance * total / (share * (1 - share)), 1.0)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Hold the scorer of claims against known ones, then ask the questions and score what the answers claim."""
    corpora = yield from chosen("groundedness", parameters)
    needs = {"claim": is_text, "sources": are_texts, "supported": _is_flag}
    known = labelled(rows_of(corpora, "claim", needs), parameters)
    pairs = []
    for row in known:
        (verdict,) = yield from _scored([str(row["claim"])], row["sources"], parameters)
        pairs.append((bool(row["supported"]), verdict))
    cases = rows_of(corpora, "case", {"question": is_text, "sources": are_texts, "answerable": _is_flag})
    counts, abstained, unanswered = Counter[tuple[str, ...]](), Counter[str](), 0
    for row in cases[: parameters.count("cases")]:
        side = HELD if row["answerable"] else NOT_HELD
        text = "\n\n".join([*(f"Source:\n{source}" for source in row["sources"]), f"Question: {row['question']}"])
        reply = yield from said((Message("system", _SYSTEM), Message("user", text)), parameters.count("seed"))
        found = [] if reply is None else claims(reply)
        verdicts = yield from _scored(found, row["sources"], parameters)
        if reply is None or None in verdicts:
            unanswered += 1
            continue
        counts[ABSTAINED, side] += 1
        abstained[side] += not found and abstains(reply)
        if found:
            counts[CLAIMS, side, f"{len(found):04d}", f"{sum(map(bool, verdicts)):04d}"] += 1
    cells = [TrialCell(kind=kind, n=n, hits=abstained[kind[1]] * (kind[0] == ABSTAINED)) for kind, n in counts.items()]
    notes = {"corpus": "; ".join(names_of(corpora)), "scored by": "judge" if parameters.flag("judge") else "words"}
    notes |= labels_said(known)
    return TrialTally(
        cells=tuple(sorted([*cells, *calibration_cells(pairs)], key=lambda cell: cell.kind)),
        unanswered=unanswered,
        notes=tuple(sorted(notes.items())),
    )


def _scored(
    found: Sequence[str], sources: Sequence[str], parameters: Parameters
) -> Generator[Move, Any, list[bool | None]]:
    """Say of each claim whether the sources support it; None where the judge gave no verdict."""
    if not parameters.flag("judge"):
        return [supported(claim, sources) for claim in found]
    verdicts = []
    for claim in found:
        material = {"Sources": "\n".join(sources), "Claim": claim}
        verdict = yield from asked(_QUESTION, material, parameters.count("seed"))
        verdicts.append(verdict)
    return verdicts


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


@check(
    NAME,
    subject=MODEL_VERSION,
    wants=_wants,
    parameters=_PARAMETERS,
    needs=("language_model",),
    better="higher",
    trial=perform,
)
def groundedness(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Measure the share of claims in answers that the given sources support.

    Formula: supported claims / claims, a claim being a sentence that neither asks nor says that there is no answer;
    corrected for the errors of the scorer: (p + Sp - 1) / (Se + Sp - 1) (Rogan and Gladen 1978). The scorer is an
    own one, by words, numbers, names and denial, or a judge; its agreement with claims of known support is measured
    first. Own scorer, on 90 claims held out from building it: kappa 0.84 (0.70 to 0.95), 44 of 48 supported and 39
    of 42 unsupported ones told. Unit: share of claims. Interval: claims of one answer hang together, so it is
    computed at the effective number of claims (Kish 1965), and reaches over that of Lang and Reiczigel (2014) and
    Wilson's without correction. Simulated, 1,000 draws a cell, 38 or 100 answers of 1 to 5 claims, intraclass
    correlation 0 to 0.6, true share 0.7 to 0.97, a scorer that errs in 7 to 8 %: coverage 96.9 to 98.6 %, mean 97.9
    %. INCONCLUSIVE below 30 claims or 10 answers with claims; judge not calibrated where the lower end of kappa is
    under ``min_agreement`` or fewer than 30 claims are known. Beside stand both sides apart, and how often the
    model abstained where sources hold an answer (needless) and where they hold none (right); what it claims there
    is scored like any claim. The limit is the organisation's. Misleads where answers are free paraphrases: words then
    undercount support, and a judge prefers its own style. Min et al. (2023), FActScore; Es et al. (2024), Ragas.

    Raises:
        ParameterRefused: through `Check.complete`, when no language model is named.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    agreement, answers = agreement_of(tally), _answers(tally, (HELD, NOT_HELD))
    found: Interval | None = None
    reason: Reason | None = None
    if answers.claims < MINIMUM_CLAIMS or answers.answers < MINIMUM_ANSWERS:
        reason = Reason.INSUFFICIENT_DATA
    elif not agreement.errors.informative:
        reason = Reason.NOT_CALIBRATED
    else:
        size = answers.effective()
        found = seen(answers.supported / answers.claims * size, size, agreement.errors, z=critical())
        if not agreement.suffices(parameters.number("min_agreement")):
            reason = Reason.NOT_CALIBRATED
    tried = sum(cell.n for cell in tally.cells if cell.kind[0] == ABSTAINED) + tally.unanswered
    return Measurement(
        check=NAME,
        method="supported claims, corrected for the scorer, effective number of claims",
        method_version="1",
        value=None if found is None else found.value,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        n=answers.claims,
        by_group=(
            *_sides(tally),
            *(_shown(cell) for cell in tally.cells if cell.kind[0] == ABSTAINED),
            agreement.shown(),
        ),
        share_unassessable=tally.unanswered / tried if tried else 1.0,
        max_unjudged_share=0.05,
        reason=reason,
        details={
            **dict(tally.notes),
            "claims": f"{answers.supported} of {answers.claims} scored as supported, in {answers.answers} answers",
            **({"questions without an answer": str(tally.unanswered)} if tally.unanswered else {}),
        },
    )


def _answers(tally: TrialTally, sides: Sequence[str]) -> Answers:
    cells = [cell for cell in tally.cells if cell.kind[0] == CLAIMS and cell.kind[1] in sides]
    if not all(
        len(c.kind) == 4 and c.kind[2].isdigit() and c.kind[3].isdigit() and c.kind[3] <= c.kind[2] for c in cells
    ):
        raise InconsistentTally("A tally has answers with more supported claims than claims.", "Count again.")
    return Answers(tuple((int(cell.kind[2]), int(cell.kind[3]), cell.n) for cell in cells))


def _sides(tally: TrialTally) -> list[GroupResult]:
    found = []
    for side in (HELD, NOT_HELD):
        part = _answers(tally, (side,))
        if part.claims:
            size = part.effective()
            rate = wilson_of(part.supported / part.claims * size, size, z=critical())
            note = f"{part.supported} of {part.claims} claims scored as supported; not corrected"
            found.append(
                GroupResult(
                    group=f"supported, {side}", value=rate.value, low=rate.low, high=rate.high, n=part.claims,
                    assessed=False, note=note,
                )
            )  # fmt: skip
    return found


def _shown(cell: TrialCell) -> GroupResult:
    rate = wilson(cell.hits, cell.n)
    note = f"{cell.hits} of {cell.n} answers say that there is none"
    return GroupResult(
        group=f"abstained, {cell.kind[1]}", value=rate.value, low=rate.low, high=rate.high, n=cell.n, assessed=False,
        note=note,
    )  # fmt: skip
