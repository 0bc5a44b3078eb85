"""Tasks scored exactly, by pattern, by number and by a judge, on stand-ins whose share of right answers is known."""

import re

import pytest
from scipy import stats

from clerestory.assurance.dialogue.corpus import CorpusUnusable, shipped
from clerestory.assurance.judge import judge
from clerestory.assurance.language_models.task_evaluation import is_number
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.registry import find
from clerestory.assurance.trial import Chat, Reply, Unanswered, trial_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive
from tests.simulators.stand_in import StandIn

CHECK = find("language_models.task-evaluation")
LAYOUT = Layout(columns={"x": "number"}, asked=frozenset({"language_model"}))
ITEMS = shipped("task-evaluation").of("item")
GRADED = {str(row["reply"]): bool(row["right"]) for row in shipped("task-evaluation").of("graded")}


def known(prompt: str) -> str:
    """Return the right reply to a shipped task."""
    row = next(row for row in ITEMS if row["prompt"] == prompt)
    if row["scoring"] == "judge":
        return next(str(g["reply"]) for g in shipped("task-evaluation").of("graded") if g["prompt"] == prompt)
    text = re.sub(r"\\b|\\", "", str(row["expected"])).split("|")[0]
    return f"It is {text}." if row["scoring"] in ("regex", "numeric") else f" {text}. "


def able(chat: Chat) -> Reply:
    return Reply(known(chat.messages[-1].text))


def half(chat: Chat) -> Reply:
    return able(chat) if len(chat.messages[-1].text) % 2 else Reply("I think it is blue")


def with_judge(model: StandIn) -> StandIn:
    def answer(chat: Chat) -> Reply:
        if chat.who != "judge":
            return model(chat)
        reply = chat.messages[-1].text.split("Reply:\n<<<\n")[1].split("\n>>>")[0]
        return Reply("YES" if GRADED.get(reply, False) else "NO")

    return answer


def measured(model: StandIn, files: dict[str, bytes] | None = None, **given: object) -> Measurement:
    parameters = CHECK.complete(given, LAYOUT)
    tally = drive(CHECK.begin(parameters), chat=model, files=files)
    return CHECK.measure({trial_of(CHECK.name, parameters): tally}, parameters)


def test_one_that_is_able_passes_and_its_interval_is_that_of_wilson():
    found = measured(able)
    expected = stats.binomtest(40, 40).proportion_ci(method="wilson")
    assert (found.value, found.n) == (1.0, 40)
    assert found.low == pytest.approx(expected.low, abs=1e-9)
    assert judge(found, CHECK.criterion(">= 0.8")).verdict is Verdict.PASS


def test_one_that_knows_half_fails():
    found = measured(half)
    right = sum(len(str(row["prompt"])) % 2 for row in ITEMS if row["scoring"] != "judge")
    assert found.value == pytest.approx(right / 40)
    assert judge(found, CHECK.criterion(">= 0.9")).verdict is Verdict.FAIL


def test_judged_tasks_count_once_the_judge_agrees_with_graded_replies():
    found = measured(with_judge(able), judge=True)
    assert (found.value, found.n, found.reason) == (1.0, 50, None)
    wrong = measured(lambda chat: Reply("YES") if chat.who == "judge" else able(chat), judge=True)
    assert wrong.reason is Reason.NOT_CALIBRATED
    assert judge(wrong, CHECK.criterion(">= 0.5")).verdict is Verdict.INCONCLUSIVE


def test_skills_and_sameness_stand_beside():
    found = measured(lambda chat: able(chat) if chat.seed == 0 else Reply("?"), tries=2)
    shown = {cell.group: cell.value for cell in found.by_group}
    assert found.value == 1.0
    assert shown["arithmetic, scored"] == 1.0
    assert shown["same every time: reading"] == 0.0


@pytest.mark.parametrize(
    "reply, expected, tolerance, right",
    [
        ("43", 43, 0, True),
        ("17 + 26 = 43.", 43, 0, True),
        ("It is 1,250 crowns", 1250, 0, True),
        ("about 3.14", 3.14159, 0.01, True),
        ("-5", 5, 0, False),
        ("42", 43, 0, False),
        ("forty-three", 43, 0, False),
        ("", 43, 0, False),
        ("1e3", 1000, 0, True),
    ],
)
def test_numbers_are_read_from_the_end_of_a_reply(reply, expected, tolerance, right):
    assert is_number(reply, expected, tolerance) is right


def test_few_tasks_and_silence_say_nothing():
    assert measured(able, skills=["reading"]).reason is Reason.INSUFFICIENT_DATA

    def silent(chat: Chat) -> Reply:
        if len(chat.messages[-1].text) % 6 == 0:
            raise Unanswered("Busy.", "Wait.")
        return able(chat)

    judged = judge(measured(silent), CHECK.criterion(">= 0.5"))
    assert (judged.verdict, judged.reason) == (Verdict.INCONCLUSIVE, Reason.UNJUDGED_SHARE)


@pytest.mark.parametrize(
    "row, problem",
    [
        ('"scoring": "exactly", "expected": "x"', "scoring is 'exactly'"),
        ('"scoring": "numeric", "expected": "12"', "expected is '12'"),
        ('"scoring": "exact", "expected": 12', "expected is 12"),
        ('"scoring": "numeric", "expected": 1, "tolerance": -1', "tolerance is -1"),
        ('"scoring": "regex", "expected": "("', "no regular expression"),
        ('"scoring": "exact"', "expected of this item is None"),
    ],
)
def test_a_task_that_cannot_be_scored_is_refused_with_its_line(row, problem):
    own = f'{{"kind": "item", "skill": "own", "prompt": "?", {row}}}'.encode()
    with pytest.raises(CorpusUnusable, match=r"(?i)line 1") as refused:
        measured(lambda _: Reply("x"), {"own.jsonl": own}, corpus="own.jsonl")
    assert problem in refused.value.problem


def test_an_unknown_skill_is_refused():
    with pytest.raises(CorpusUnusable, match="no skill 'juggling'"):
        measured(able, skills=["juggling"])
