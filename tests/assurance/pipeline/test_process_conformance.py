"""Process conformance: the running example of van der Aalst, and each constraint broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.pipeline.process_conformance import Event, Step, deviations
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "pipeline.process-conformance"
# W. van der Aalst, Process Mining (2016), table 2.1: the six cases, each step with the person who did it.
SHORT = {
    "r": "register request",
    "t": "examine thoroughly",
    "c": "examine casually",
    "k": "check ticket",
    "d": "decide",
    "n": "reject request",
    "p": "pay compensation",
    "i": "reinitiate request",
}
CASES = {
    1: "r Pete,t Sue,k Mike,d Sara,n Pete",
    2: "r Mike,k Mike,c Sean,d Sara,p Ellen",
    3: "r Pete,c Mike,k Ellen,d Sara,i Sara,t Sean,k Pete,d Sara,p Ellen",
    4: "r Pete,k Mike,t Sean,d Sara,n Ellen",
    5: "r Ellen,c Mike,k Pete,d Sara,i Sara,k Ellen,c Mike,d Sara,i Sara,c Sue,k Ellen,d Sara,n Mike",
    6: "r Mike,c Ellen,k Mike,d Sara,p Mike",
}
STEPS = """
end = ["reject request", "pay compensation"]
[[step]]
name = "register request"
once = true
[[step]]
name = "check ticket"
after = ["register request"]
{check}
[[step]]
name = "decide"
after = ["check ticket"]
{decide}
""" + "".join(
    f'[[step]]\nname = "{SHORT[key]}"\nrequired = false\nafter = ["{SHORT["r" if key in "tc" else "d"]}"]\n'
    for key in "tcinp"
)


def log() -> str:
    lines = ["case,step,at,person"]
    for number, steps in CASES.items():
        for at, step in enumerate(steps.split(",")):
            key, person = step.split()
            lines.append(f"{number},{SHORT[key]},2011-01-{at + 1:02d} 11:00:00+00:00,{person}")
    return "\n".join(lines)


def conforms(folder, check="", decide="", events=None):
    process = STEPS.format(check=check, decide=decide)
    return measured(NAME, write(folder, {"process.toml": process, "events.csv": log() if events is None else events}))


def test_the_running_example_conforms_to_its_own_process(tmp_path):
    found = conforms(tmp_path)
    assert (found.value, found.high, found.n) == (0.0, 0.0, 6)
    assert found.details["events"] == "42"
    assert verdict(found) is Verdict.PASS


def test_deciding_once_is_broken_by_the_two_cases_that_were_reinitiated(tmp_path):
    found = conforms(tmp_path, decide="once = true")
    assert found.value == 2.0
    assert found.details["case: broken"] == "3: decide more than once; 5: decide more than once"
    assert verdict(found) is Verdict.FAIL


def test_four_eyes_on_the_ticket_are_missing_in_the_four_cases_of_the_table(tmp_path):
    found = conforms(tmp_path, check='not_by = ["register request"]')
    broken = found.details["case: broken"]
    assert [line[0] for line in broken.split("; ")] == ["2", "3", "5", "6"]


HEAD = "case,step,at,person,role\n"


@pytest.mark.parametrize(
    "steps, expected",
    [
        ("register request,decide,reject request", "decide without check ticket before it"),
        ("register request,check ticket,sing,reject request", "sing is no step"),
        ("decide,check ticket,reject request", "register request is missing"),
    ],
)
def test_each_deviation_is_named(steps, expected, tmp_path):
    rows = [f"a,{step},2026-01-0{at}T00:00:00Z,p{at},\n" for at, step in enumerate(steps.split(","), 1)]
    assert expected in conforms(tmp_path, events=HEAD + "".join(rows)).details["case: broken"]


def test_a_case_under_way_or_without_a_role_is_not_judged(tmp_path):
    open_case = HEAD + "a,register request,2026-01-01T00:00:00Z,p,\n"
    assert conforms(tmp_path, events=open_case).reason is Reason.INSUFFICIENT_DATA
    closed = HEAD + "".join(
        f"a,{step},2026-01-0{n}T00:00:00Z,p,{role}\n"
        for n, (step, role) in enumerate(
            [("register request", ""), ("check ticket", ""), ("decide", "approver"), ("reject request", "")], 1
        )
    )
    assert verdict(conforms(tmp_path, decide='role = "approver"', events=closed)) is Verdict.PASS
    assert verdict(conforms(tmp_path, decide='role = "owner"', events=closed)) is Verdict.FAIL
    unclear = conforms(tmp_path, check='role = "clerk"', events=closed)
    assert "the role of check ticket is not said" in unclear.details["case: not judged"]


@pytest.mark.parametrize(
    "files, problem",
    [
        ({"process.toml": ""}, "names no step"),
        ({"process.toml": '[[step]]\nname = "a"\nafter = ["b"]\n'}, "is no step"),
        ({"process.toml": '[[step]]\nname = "a"\n', "events.csv": "case,step\n"}, "no column 'at'"),
        ({"process.toml": '[[step]]\nname = "a"\n', "events.csv": "case,step,at\n1,a,soon\n"}, "no moment"),
    ],
)
def test_files_of_another_form_are_refused(files, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, files))


CHAIN = {
    name: Step(name, True, True, (before,) if before else (), "", ())
    for before, name in zip(["", "a", "b"], "abc", strict=True)
}


@given(st.permutations("abc"))
def test_of_all_orders_of_a_chain_only_its_own_conforms(order):
    events = [Event(f"2026-01-0{at}", step, "p", "") for at, step in enumerate(order, 1)]
    faults, unclear = deviations(CHAIN, events)
    assert bool(faults) is (list(order) != ["a", "b", "c"])
    assert not unclear
