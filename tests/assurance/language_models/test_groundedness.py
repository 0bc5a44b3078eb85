"""Claims against their sources, on stand-ins that stick to them, invent, or abstain; scored by words or by a judge."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from clerestory.assurance.dialogue.corpus import CorpusUnusable, shipped
from clerestory.assurance.dialogue.entailment import abstains, claims, supported
from clerestory.assurance.dialogue.reading import sentences
from clerestory.assurance.judge import judge
from clerestory.assurance.language_models.groundedness import Answers
from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.assurance.tally import InconsistentTally, TrialCell, TrialTally
from clerestory.assurance.trial import Chat, Reply, Unanswered, trial_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive
from tests.simulators.stand_in import StandIn

CHECK = find("language_models.groundedness")
LAYOUT = Layout(columns={"x": "number"}, asked=frozenset({"language_model"}))
CASES = {str(row["question"]): row for row in shipped("groundedness").of("case")}
TRUTH = {(str(row["claim"])): bool(row["supported"]) for row in shipped("groundedness").of("claim")}


def case(chat: Chat) -> dict[str, object]:
    return dict(CASES[chat.messages[-1].text.rpartition("Question: ")[2]])


def faithful(chat: Chat) -> Reply:
    """Say the two first sentences of the sources, or that there is no answer."""
    asked = case(chat)
    if not asked["answerable"]:
        return Reply("The sources do not say that.")
    return Reply(" ".join(sentences(str(asked["sources"][0]))[:2]))  # type: ignore[index]


def inventing(chat: Chat) -> Reply:
    return Reply("The mayor of Trasimond paid for it. Nobody had expected the seven elephants.")


def measured(model: StandIn, files: dict[str, bytes] | None = None, **given: object) -> Measurement:
    parameters = CHECK.complete(given, LAYOUT)
    tally = drive(CHECK.begin(parameters), chat=model, files=files)
    return CHECK.measure({trial_of(CHECK.name, parameters): tally}, parameters)


def shown(found: Measurement) -> dict[str, GroupResult]:
    return {cell.group: cell for cell in found.by_group}


def test_one_that_says_what_stands_there_and_abstains_elsewhere_passes():
    found = measured(faithful)
    assert found.value == 1.0
    assert judge(found, CHECK.criterion(">= 0.8")).verdict is Verdict.PASS
    assert shown(found)["abstained, no answer in the sources"].value == 1.0
    assert shown(found)["abstained, answer in the sources"].value == 0.0


def test_one_that_invents_fails_and_what_it_claims_where_there_is_no_answer_counts():
    found = measured(inventing)
    assert found.value == 0.0
    assert judge(found, CHECK.criterion(">= 0.5")).verdict is Verdict.FAIL
    assert shown(found)["supported, no answer in the sources"].value == 0.0


def test_one_that_always_abstains_claims_nothing_so_nothing_follows():
    found = measured(lambda _: Reply("I cannot tell from the sources."))
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)
    assert shown(found)["abstained, answer in the sources"].value == 1.0


def test_agreement_with_claims_held_out_is_that_of_scikit_learn():
    rows = shipped("groundedness").of("claim")
    said = [supported(row["claim"], row["sources"]) for row in rows]
    agreement = shown(measured(faithful))["agreement of the judge"]
    assert agreement.value == pytest.approx(cohen_kappa_score([row["supported"] for row in rows], said), abs=1e-12)
    assert agreement.value == pytest.approx(0.8439822, abs=1e-6)
    assert agreement.note == "kappa with the known cases; yes to 44 of 48, no to 39 of 42"


def with_judge(model: StandIn, honest: bool) -> StandIn:
    def answer(chat: Chat) -> Reply:
        if chat.who != "judge":
            return model(chat)
        claim = chat.messages[-1].text.split("Claim:\n<<<\n")[1].split("\n>>>")[0]
        return Reply("YES" if (TRUTH.get(claim, True) if honest else True) else "NO")

    return answer


def test_a_judge_that_agrees_is_believed_and_one_that_says_yes_to_everything_is_not():
    assert judge(measured(with_judge(faithful, True), judge=True), CHECK.criterion(">= 0.8")).verdict is Verdict.PASS
    judged = judge(measured(with_judge(inventing, False), judge=True), CHECK.criterion(">= 0.8"))
    assert (judged.verdict, judged.reason) == (Verdict.INCONCLUSIVE, Reason.NOT_CALIBRATED)


def test_claims_of_one_answer_stand_or_fall_together():
    # Ten answers of ten claims, five wholly supported and five not at all: they are worth ten claims and not a hundred.
    assert Answers(((10, 10, 5), (10, 0, 5))).effective() == pytest.approx(9.0)
    # Each answer half supported: as good as independent, never better.
    assert Answers(((10, 5, 10),)).effective() == 100.0
    assert Answers(((10, 10, 10),)).effective() == 10.0


def test_the_interval_covers_the_true_share_though_claims_hang_together_and_the_scorer_errs():
    draw, held = np.random.default_rng(6), 0
    parameters = CHECK.complete({"min_agreement": 0.0}, LAYOUT)
    for _ in range(150):
        size = draw.integers(1, 6, 38)
        right = draw.binomial(size, draw.beta(0.9, 0.1, 38))  # share 0.9, intraclass correlation 0.5
        seen = draw.binomial(right, 0.92) + draw.binomial(size - right, 0.07)
        yes, no = int(draw.binomial(45, 0.92)), int(draw.binomial(45, 0.93))
        kinds = Counter((f"{k:04d}", f"{s:04d}") for k, s in zip(size.tolist(), seen.tolist(), strict=True))
        known = {("yes", "yes"): yes, ("yes", "no"): 45 - yes, ("no", "no"): no, ("no", "yes"): 45 - no}
        cells = [TrialCell(kind=("claims", "answer in the sources", *kind), n=n) for kind, n in kinds.items()]
        cells += [TrialCell(kind=("calibration", *kind), n=n) for kind, n in known.items()]
        tally = TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)))
        found = CHECK.measure({trial_of(CHECK.name, parameters): tally}, parameters)
        held += found.low <= 0.9 <= found.high  # type: ignore[operator]
    assert held / 150 >= 0.94


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=6))
def test_the_effective_number_lies_between_one_and_the_number_of_claims(rows):
    answers = Answers(tuple((k, min(s, k), n) for k, s, n in rows))
    assert 0 < answers.effective() <= answers.claims


@pytest.mark.parametrize(
    "text, expected",
    [("The sources do not say that.", True), ("There is no information on this.", True), ("It is not red.", False)],
)
def test_abstaining_is_told_from_denying(text, expected):
    assert abstains(text) is expected


def test_questions_and_abstentions_are_no_claims():
    said = (
        "I'm sorry, but the sources do not mention it. Please ask there. Shall I look? The pool opens on Saturday. 42"
    )
    assert claims(said) == [
        "The pool opens on Saturday.",
        "42",
    ]


def test_silence_and_a_judge_without_verdict_leave_it_undecided():
    def silent(chat: Chat) -> Reply:
        if len(str(case(chat)["question"])) % 3 == 0:
            raise Unanswered("Busy.", "Wait.")
        return faithful(chat)

    judged = judge(measured(silent), CHECK.criterion(">= 0.8"))
    assert judged.verdict is Verdict.INCONCLUSIVE

    def mute(chat: Chat) -> Reply:
        return Reply("Hm.") if chat.who == "judge" else faithful(chat)

    assert judge(measured(mute, judge=True), CHECK.criterion(">= 0.8")).verdict is Verdict.INCONCLUSIVE


def test_what_was_pushed_and_cannot_be_is_refused():
    parameters = CHECK.complete({}, LAYOUT)
    forged = TrialTally(cells=(TrialCell(kind=("claims", "answer in the sources", "0002", "0009"), n=40),))
    with pytest.raises(InconsistentTally, match="more supported claims than claims"):
        CHECK.measure({trial_of(CHECK.name, parameters): forged}, parameters)


def test_a_wrong_corpus_is_refused_with_its_line():
    own = b'{"kind": "case", "question": "Why?", "sources": "one", "answerable": true}'
    with pytest.raises(CorpusUnusable, match="line 1: sources of this case is 'one'"):
        measured(faithful, {"own.jsonl": own}, corpus="own.jsonl")
