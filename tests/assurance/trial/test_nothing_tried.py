"""Where nothing was tried, compared or counted there is no pass: inputs made to look clean, over several checks."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.agents.steps import RecordUnusable
from clerestory.assurance.agents.trajectory_audit import read_path
from clerestory.assurance.criterion import Criterion
from clerestory.assurance.data_quality.overlap import giveaway
from clerestory.assurance.dialogue import corpus
from clerestory.assurance.enforcement.attempt import ALLOWED, DENIED, DONE, Case, try_cases
from clerestory.assurance.enforcement.document import Policy
from clerestory.assurance.explainability.agreement import rank_correlation
from clerestory.assurance.judge import Judged, judge
from clerestory.assurance.measurement import Reason
from clerestory.assurance.parameter import Layout, Parameters
from clerestory.assurance.registry import find
from clerestory.assurance.robustness import perturbation
from clerestory.assurance.supply_chain.weakness.listed import parts
from clerestory.assurance.tally import InconsistentTally, TrialCell, TrialTally
from clerestory.assurance.trial import Act, Acted, Audited, Call, Reply, Tried, trial_of, worst_cell
from clerestory.assurance.trial.by_group import People, worst_rate
from clerestory.assurance.trial.files import FileUnusable
from clerestory.assurance.trial.results import sarif_levels
from clerestory.terms.error import ClerestoryError
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive
from tests.simulators.grounded import measured, verdict, write

ABC = f"sha256:{hashlib.sha256(b'abc').hexdigest()}"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_cell_that_is_no_number_cannot_hide_behind_other_cells(number):
    with pytest.raises(InconsistentTally):
        TrialCell(kind=("a",), n=40, total=number)
    with pytest.raises(InconsistentTally):
        TrialCell(kind=("a",), n=40, squares=abs(number))


def test_cases_without_an_answer_forbid_a_pass_of_rates_over_people_too():
    cells = (TrialCell(kind=("outside", "f"), n=500), TrialCell(kind=("outside", "m"), n=500))
    how, people = Tried(check="a", method="b"), People(features=("sex",))
    found = worst_rate(how, TrialTally(cells=cells, unanswered=1_000), "outside", people)
    assert found.share_unassessable == 0.5
    assert worst_rate(how, TrialTally(cells=cells), "outside", people).share_unassessable == 0.0


def test_a_bill_of_libraries_alone_is_compared_with_nothing_and_does_not_pass(tmp_path):
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "numpy"}]}
    found = measured("inventory.bill-of-materials", write(tmp_path, {"bom.json": json.dumps(bill)}))
    assert verdict(found) is Verdict.INCONCLUSIVE


def test_a_text_too_large_to_search_is_not_counted_as_searched(tmp_path):
    files = {"ai_register.csv": "id,uses,paths\n", "big.py": "import torch\n" + "#" * 5_000_000}
    found = measured("inventory.discovery-reconciliation", write(tmp_path, files))
    assert "big.py" in found.details["source: not judged"]
    assert verdict(found) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("entry", [{"path": "b.txt"}, {"path": "b.txt", "hash": ""}, {"path": "b.txt", "hash": None}])
def test_a_listed_file_without_a_digest_is_not_left_out_of_the_count(entry, tmp_path):
    package = json.dumps({"resources": [{"path": "a.txt", "hash": ABC}, entry]})
    found = measured("provenance.source-integrity", write(tmp_path, {"datapackage.json": package, "a.txt": "abc",
                                                                     "b.txt": "anything"}))  # fmt: skip
    assert (found.value, found.high) == (0.0, 1.0)
    assert verdict(found) is Verdict.INCONCLUSIVE


def test_places_of_records_that_match_no_file_are_not_a_pass(tmp_path):
    files = {"records.csv": f"path,digest\na.txt,{ABC}\n", "a.txt": "abc"}
    folder = write(tmp_path, files)
    assert verdict(measured("records.content-integrity", folder)) is Verdict.PASS
    assert verdict(measured("records.content-integrity", folder, stored=["recrods/*"])) is Verdict.INCONCLUSIVE


def audited(entries: int, *found: str, **given: object) -> Verdict:
    check = find("records.ledger-verification")
    parameters = check.complete(given, Layout(columns={}))
    talk, answer = check.begin(parameters), None
    while True:
        try:
            move = talk.send(answer)
        except StopIteration as end:
            measurement = check.measure({trial_of(check.name, parameters): end.value}, parameters)
            return judge(measurement, check.criterion("<= 0")).verdict
        pattern = getattr(move, "pattern", None)
        answer = Audited(entries) if pattern is None else tuple(name for name in found if name.startswith(pattern[:4]))


def test_a_log_without_an_entry_or_without_what_it_must_extend_does_not_pass():
    assert audited(3, "pack.zip") is Verdict.PASS
    assert audited(0, "pack.zip") is Verdict.INCONCLUSIVE
    assert audited(3, "pack.zip", earlier=["early/*.zip"]) is Verdict.INCONCLUSIVE
    assert audited(3, "pack.zip", "early/a.zip", earlier=["early/*.zip"]) is Verdict.PASS


def sarif(**run: object) -> bytes:
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


def test_a_suppression_that_was_refused_or_is_under_review_suppresses_nothing():
    counted = {status: sarif(results=[{"level": "error", "suppressions": [{"kind": "external", "status": status}]}])
               for status in ("accepted", "rejected", "underReview")}  # fmt: skip
    assert {status: sarif_levels("a", body)["error"] for status, body in counted.items()} == {
        "accepted": 0, "rejected": 1, "underReview": 1,
    }  # fmt: skip
    assert sarif_levels("a", sarif(results=[{"level": "critical"}, {"level": "none"}]))["error"] == 1


@pytest.mark.parametrize(
    "body",
    [b'{"runs": []}', sarif(), sarif(results=None),
     sarif(results=[], invocations=[{"executionSuccessful": False}])],
)  # fmt: skip
def test_a_scan_that_did_not_take_place_finds_nothing_and_is_refused(body):
    with pytest.raises(FileUnusable):
        sarif_levels("a.sarif", body)


def gated(folder, rule: str, junit: str = '<testsuite><testcase name="a"><skipped/></testcase></testsuite>'):
    record = {"decision": "passed", "rules": [{"name": "t", "outcome": "passed"}]}
    rules = f'[[rule]]\nname = "t"\nfile = "junit.xml"\nkind = "junit"\n{rule}\n'
    return measured("pipeline.policy-gate", write(folder, {
        "gate.toml": rules, "gate_decision.json": json.dumps(record), "junit.xml": junit}))  # fmt: skip


def test_a_gate_that_passed_on_tests_that_were_all_skipped_fails(tmp_path):
    assert verdict(gated(tmp_path, "max = 0")) is Verdict.FAIL


@pytest.mark.parametrize("limit", ["max = inf", "min = -inf", "max = nan"])
def test_a_rule_that_nothing_can_break_is_refused(limit, tmp_path):
    with pytest.raises(FileUnusable, match="no limit"):
        gated(tmp_path, limit)


@pytest.mark.parametrize("line", ['required = "yes"', "once = 1"])
def test_a_constraint_that_is_no_flag_is_refused_and_not_dropped(line, tmp_path):
    files = {"process.toml": f'[[step]]\nname = "a"\n{line}\n', "events.csv": "case,step,at\n"}
    with pytest.raises(FileUnusable, match="of step"):
        measured("pipeline.process-conformance", write(tmp_path, files))


def test_a_listed_test_that_was_skipped_has_no_result(tmp_path):
    files = {
        "requirements.csv": "id,tests\nR1,one;two\n",
        "junit.xml": '<testsuite timestamp="2026-11-20T10:00:00Z"><testcase name="one"/>'
        '<testcase name="two"><skipped/></testcase></testsuite>',
    }
    given = {"requirements": "requirements.csv"}
    found = measured("pipeline.requirement-traceability", write(tmp_path, files), **given)
    assert "two has no result" in found.details["requirement: broken"]


@pytest.mark.parametrize(
    "body", ['start = "plan"', 'once = "pay"', 'end = "done"', 'once = ["pya"]', 'before = { pya = ["plan"] }']
)
def test_a_path_that_limits_nothing_by_a_slip_of_the_pen_is_refused(body):
    start = "" if body.startswith("start") else 'start = ["plan"]\n'
    with pytest.raises(RecordUnusable):
        read_path("path.toml", f'{start}{body}\n[next]\nplan = ["pay"]\n'.encode())


def test_a_project_without_a_metered_run_keeps_the_total_from_passing(tmp_path):
    table = "timestamp,project_name,run_id,energy_consumed\n2026-11-01T10:00:00,train,r1,1\n"
    given = {"of": "total", "projects": ["train", "serve"]}
    found = measured("resources.energy-use", write(tmp_path, {"emissions.csv": table}), **given)
    assert found.reason is Reason.INSUFFICIENT_DATA


def test_the_same_case_twice_in_a_corpus_is_refused_and_not_counted_twice():
    line = '{"kind": "item", "prompt": "1 + 1"}\n'
    with pytest.raises(corpus.CorpusUnusable, match="line 2 repeats line 1"):
        corpus.read("own.jsonl", line.encode() * 2)


@pytest.mark.parametrize("text", ["", "I cannot help with that."])
def test_a_model_that_says_nothing_or_one_thing_was_not_tried_for_exfiltration(text):
    check = find("security.canary-exfiltration")
    parameters: Parameters = check.complete({}, Layout(columns={}, asked=frozenset({"language_model"})))
    tally = drive(check.begin(parameters), chat=lambda _chat: Reply(text))
    found = check.measure({trial_of(check.name, parameters): tally}, parameters)
    assert judge(found, check.criterion("<= 0.1")).verdict is Verdict.INCONCLUSIVE


def test_rows_that_a_perturbation_leaves_as_they_are_were_not_perturbed():
    nan = float("nan")
    before, after = np.array([1.0, nan, 2.0, nan, 3.0]), np.array([1.0, nan, 2.5, 1.0, nan])
    assert perturbation.differing(before, after).tolist() == [False, False, True, True, True]
    texts = np.array(["a", None, "b"], dtype=object)
    assert perturbation.differing(texts, np.array(["a", None, None], dtype=object)).tolist() == [False, False, True]
    check = find("robustness.noise-flip-rate")
    layout = Layout(columns={"x": "number"}, features=("x",), threshold=0.5, asked=frozenset({"model"}))
    parameters = check.complete({"kinds": ["noise"], "noise_share": 0.0}, layout)
    table = {"x": np.linspace(0.0, 1.0, 500)}
    tally = drive(check.begin(parameters), tables={"current": table}, predict=lambda rows: rows["x"])
    found = check.measure({trial_of(check.name, parameters): tally}, parameters)
    assert found.reason is Reason.INSUFFICIENT_DATA
    assert tally.cells == ()


def test_no_row_at_all_gives_no_figure_and_no_crash():
    assert rank_correlation(np.zeros((0, 3)), np.zeros((0, 3))).tolist() == []
    labelled, positive, _ = giveaway.positives(np.array([], dtype=np.float64), None)
    assert labelled.dtype == positive.dtype == np.bool_
    assert giveaway.counted(np.array([], dtype=np.int64), positive) == ([0], [0])


def test_a_small_kind_that_is_surely_worse_than_all_others_is_not_left_out_as_noise():
    how = Tried(check="a", method="b")
    often, rare = TrialCell(kind=("often",), n=1_000), TrialCell(kind=("rare",), n=29, hits=29)
    found = worst_cell(how, TrialTally(cells=(often, rare)))
    assert judge(found, Criterion.parse("<= 0.05")) == Judged(Verdict.INCONCLUSIVE, Reason.CROSSES_LIMIT, True)
    kept = worst_cell(how, TrialTally(cells=(often, replace(rare, hits=0))))
    assert judge(kept, Criterion.parse("<= 0.05")).verdict is Verdict.PASS
    turned = TrialTally(cells=(replace(often, hits=1_000), replace(rare, hits=0)))
    assert worst_cell(replace(how, better="higher"), turned).low < 0.3


@given(st.integers(0, 1_000), st.integers(0, 1_000), st.integers(0, 29), st.sampled_from([0.05, 0.1, 0.2, 0.3, 0.5]))
@settings(max_examples=60, deadline=None)
def test_more_hits_of_the_judged_kind_never_lead_to_a_better_verdict(hits, more, few, limit):
    def verdict_of(count):
        often, rare = TrialCell(kind=("often",), n=1_000, hits=count), TrialCell(kind=("rare",), n=29, hits=few)
        found = worst_cell(Tried(check="a", method="b"), TrialTally(cells=(often, rare)))
        return judge(found, Criterion.parse(f"<= {limit}")).verdict

    order = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)
    less, greater = sorted((hits, more))
    assert order.index(verdict_of(greater)) <= order.index(verdict_of(less))


def test_a_failure_hides_behind_no_result_of_another_zone_or_without_a_moment(tmp_path):
    def suite(at: str, inner: str = "") -> str:
        return f'<testsuite timestamp="{at}"><testcase name="R1">{inner}</testcase></testsuite>'

    def judged(*suites: str) -> Verdict:
        files = {"requirements.csv": "id\nR1\n", "junit.xml": f"<testsuites>{''.join(suites)}</testsuites>"}
        given = {"requirements": "requirements.csv"}
        return verdict(measured("pipeline.requirement-traceability", write(tmp_path, files), **given))

    early, late = suite("2026-11-20T10:00:00+05:00"), suite("2026-11-20T06:00:00Z", "<failure/>")
    assert judged(early, late) is judged(late, early) is Verdict.FAIL
    undated = suite("", "<failure/>")
    assert judged(early, undated) is judged(undated, early) is Verdict.FAIL
    assert judged(late, suite("2026-11-20T07:00:00Z")) is Verdict.PASS


def test_an_empty_file_of_planted_lines_is_refused_and_not_taken_for_no_leak():
    check = find("privacy.personal-data-leak")
    layout = Layout(columns={}, asked=frozenset({"language_model"}))
    parameters = check.complete({"canaries": "planted.txt", "tries": 1}, layout)
    with pytest.raises(ClerestoryError, match="no planted line"):
        drive(check.begin(parameters), chat=lambda _chat: Reply("no"), files={"planted.txt": b"\n"})


def test_members_that_are_also_the_others_show_no_privacy():
    check = find("privacy.membership-inference")
    draw = np.random.default_rng(1)
    table = {"x": draw.normal(size=2_000), "y": draw.random(2_000) < 0.5}
    layout = Layout(
        columns={"x": "number", "y": "boolean"}, reference={"x": "number", "y": "boolean"}, features=("x",), label="y",
        asked=frozenset({"model"}),
    )  # fmt: skip
    parameters = check.complete({"shadow_models": 2, "false_positive_rate": 0.01}, layout)
    tally = drive(check.begin(parameters), tables={"current": table, "reference": table},
                  predict=lambda rows: 1 / (1 + np.exp(-np.asarray(rows["x"], dtype=np.float64))))  # fmt: skip
    found = check.measure({trial_of(check.name, parameters): tally}, parameters)
    assert found.reason is Reason.ASSUMPTION_BROKEN
    assert judge(found, check.criterion("<= 0.9", parameters)).verdict is Verdict.INCONCLUSIVE


def test_an_attribute_of_which_one_value_alone_could_be_attacked_counts_as_left_out():
    check = find("privacy.attribute-inference")
    layout = Layout(columns={"a": "text", "b": "text"}, features=("a", "b"), asked=frozenset({"model"}))
    parameters = check.complete({"attributes": ["a", "b"]}, layout)
    kinds = ("both", "with output", "without output")
    cells = [TrialCell(kind=("a", value, kind), n=500) for value in ("x", "y") for kind in kinds]
    cells += [TrialCell(kind=("b", value, kind), n=n) for value, n in (("x", 500), ("y", 10)) for kind in kinds]
    found = check.measure({trial_of(check.name, parameters): TrialTally(cells=tuple(cells))}, parameters)
    assert found.share_unassessable == pytest.approx(510 / 1_510)


def test_a_line_of_a_lock_file_that_names_no_package_is_a_part_that_nobody_judged():
    lock = b"numpy==2.1\n./local.whl\n-e ./mine\n--hash=sha256:ab\n# a comment\n"
    assert sorted(part.name for part in parts("requirements.txt", lock)) == ["-e ./mine", "./local.whl", "numpy"]


def test_the_same_case_ten_times_in_a_policy_is_tried_once():
    act = Act("anna", Call("pay", {"amount": "1"}))
    cases = [Case(kind="own", name=f"case {at}", act=act) for at in range(100)]
    cases.append(Case(kind="right", name="right", act=act, expect=DONE))
    check = find("agents.tool-permission")
    parameters = check.complete({}, Layout(columns={}, asked=frozenset({"agent"})))
    nobody = Policy(principals=("anna",), labels=(), tools=(), allows=())
    tally = drive(try_cases(cases, nobody, parameters, {}), act=lambda _act: Acted("denied"))
    assert [(cell.kind[1], cell.n) for cell in tally.cells] == [("right", 1), ("own", 1)]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_who_refuses_everything_that_must_be_possible_proves_no_policy_whatever_the_parameter(share):
    check = find("agents.tool-permission")
    parameters = check.complete({"max_refused_share": share}, Layout(columns={}, asked=frozenset({"agent"})))
    cells = (TrialCell(kind=(ALLOWED, "right"), n=40, hits=40), TrialCell(kind=(DENIED, "no right"), n=400))
    found = check.measure({trial_of(check.name, parameters): TrialTally(cells=cells)}, parameters)
    assert found.reason is Reason.ASSUMPTION_BROKEN


def test_cases_without_a_decision_are_not_left_out_of_consistency():
    check = find("fairness.individual-consistency")
    columns = {"x": "number", "sex": "text", "approved": "number"}
    layout = Layout(columns=columns, features=("x",), sensitive_features=("sex",), outcome="approved")
    parameters = check.complete({}, layout)
    table = {
        "x": np.linspace(0.0, 1.0, 1_000),
        "sex": np.array(["f", "m"] * 500, dtype=object),
        "approved": np.where(np.arange(1_000) < 500, 1.0, np.nan),
    }
    tally = drive(check.begin(parameters), tables={"current": table})
    found = check.measure({trial_of(check.name, parameters): tally}, parameters)
    assert found.share_unassessable == pytest.approx(0.5)
    assert judge(found, check.criterion("<= 0.2", parameters)).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_secret_is_found_in_a_file_of_another_encoding_too(encoding, tmp_path):
    text = "name = x\naws_id = AKIAABCDEFGHIJKLMNOP\n".encode(encoding)
    found = measured("security.secret-scan", write(tmp_path, {"prompt.txt": text}), files=["*.txt"])
    assert verdict(found) is Verdict.FAIL
