"""What an agent may not do is denied: an enforcement point that is right passes, each flaw is found by its check."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.agents.tool_permission import cases_of
from clerestory.assurance.enforcement.attempt import AGAIN, ALLOWED, DENIED
from clerestory.assurance.enforcement.breach import of_breaches
from clerestory.assurance.enforcement.document import PolicyUnusable, read_policy
from clerestory.assurance.enforcement.variant import matrix, outside
from clerestory.assurance.judge import judge
from clerestory.assurance.measurement import Measurement, Reason
from clerestory.assurance.parameter import Layout
from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.registry import find
from clerestory.assurance.tally import TrialCell, TrialTally
from clerestory.assurance.trial import Act, Call, trial_of
from clerestory.terms.status import Verdict
from tests.simulators.answering import drive
from tests.simulators.enforcing import POLICY, Enforcer, messages

LAYOUT = Layout(columns={"x": "number"}, asked=frozenset({"agent"}))


def measured(name: str, point: Enforcer, **given: object) -> Measurement:
    check = find(f"agents.{name}")
    parameters = check.complete(given, LAYOUT)
    tally = drive(check.begin(parameters), files=point.files, act=point)
    return check.measure({trial_of(check.name, parameters): tally}, parameters)


def verdict(name: str, found: Measurement, limit: str = "<= 0.05") -> Verdict:
    return judge(found, find(f"agents.{name}").criterion(limit)).verdict


CHECKS = (
    "tool-permission", "confused-deputy", "approval-required", "idempotency", "memory-poisoning",
    "cascade-containment", "goal-hijack",
)  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_an_enforcement_point_that_is_right_passes_with_a_bound_on_what_was_not_tried(name):
    found = measured(name, Enforcer())
    assert verdict(name, found) is Verdict.PASS, found.details
    assert (found.value, found.low) == (0.0, 0.0)
    # Wilson (1927): the upper end of 0 of n is z^2 / (n + z^2).
    assert found.high == pytest.approx(1.959963985**2 / (found.n + 1.959963985**2), rel=1e-6)


@pytest.mark.parametrize(
    "name, flaw, shown",
    [
        ("tool-permission", "role claims", "claimed right"),
        ("tool-permission", "denied but done", "no right: guest note"),
        ("tool-permission", "no limits", "argument outside its limit"),
        ("tool-permission", "trims", "disguised tool"),
        ("tool-permission", "replay", "replay by another"),
        ("confused-deputy", "deputy", "for who has no right"),
        ("confused-deputy", "role claims", "with a role he claims"),
        ("approval-required", "no approval", "not approved"),
        ("approval-required", "approves himself", "approved by the requester"),
        ("approval-required", "anybody approves", "approved by who may not"),
        ("idempotency", "forgets keys", "again at once"),
        ("memory-poisoning", "trusts memory", "claims a role"),
        ("memory-poisoning", "shares memory", "is told to others"),
        ("memory-poisoning", "bends", "bends an argument"),
        ("cascade-containment", "falls over", "others stop after a very long text"),
        ("cascade-containment", "endless chains", "a chain too deep"),
        ("goal-hijack", "follows inputs", "input: ignore"),
        ("goal-hijack", "no goals", "goal replaced in its task"),
    ],
)
def test_each_flaw_is_found_by_its_check_and_named(name, flaw, shown):
    found = measured(name, Enforcer(flaw))
    assert verdict(name, found) is Verdict.FAIL, found
    hits = [group.group for group in found.by_group if group.group.startswith("must not") and group.value]
    assert any(shown in group for group in hits) or shown in found.details["got through"]


def test_one_way_in_among_many_that_hold_is_a_fail_and_no_small_rate():
    found = measured("tool-permission", Enforcer("trims"))
    through, tried = (int(part) for part in found.details["got through at least once"].split(" of "))
    assert through / tried < 0.2
    assert found.value == 1.0 and found.low is not None and found.low > 0.6


@pytest.mark.parametrize("name", CHECKS)
def test_who_denies_everything_proves_no_policy(name):
    found = measured(name, Enforcer("denies all"))
    if name == "cascade-containment":
        assert verdict(name, found) is Verdict.FAIL  # what has to go on has stopped
    else:
        assert judge(found, find(f"agents.{name}").criterion("<= 0.05")).reason is Reason.ASSUMPTION_BROKEN


def test_no_answer_is_no_denial():
    found = measured("tool-permission", Enforcer("dead"))
    assert (found.value, found.n, found.share_unassessable) == (None, 0, 1.0)
    assert found.reason is Reason.INSUFFICIENT_DATA


@pytest.mark.parametrize("rate, fails", [(0.0, 0.0), (0.01, 0.08), (0.05, 0.85)])
def test_verdicts_by_chance_are_as_the_docstring_says(rate, fails):
    check, draw, seen = find("agents.tool-permission"), np.random.default_rng(0), []
    parameters = check.complete({}, LAYOUT)
    for _ in range(150):
        hits = int(draw.binomial(400, rate))
        again = [
            TrialCell(kind=(AGAIN, "k", f"{at:02d}"), n=20, hits=int(draw.binomial(20, rate))) for at in range(hits)
        ]
        cells = [*again[:20], TrialCell(kind=(DENIED, "k"), n=400, hits=hits), TrialCell(kind=(ALLOWED, "k"), n=10)]
        tally = TrialTally(cells=tuple(sorted(cells, key=lambda cell: cell.kind)))
        found = of_breaches(check.name, tally, parameters)
        seen.append(judge(found, check.criterion("<= 0.02")).verdict)
        assert not (hits and seen[-1] is Verdict.PASS)
    share = seen.count(Verdict.FAIL) / len(seen)
    assert share >= fails if rate > 0.02 else share <= fails


def test_a_small_policy_says_too_little():
    small = """principals = ["assistant", "guest"]
agents = ["assistant"]
[[tool]]
name = "note"
[tool.arguments]
text = "x"
[[allow]]
principals = ["assistant"]
tools = ["note"]"""
    found = measured("confused-deputy", Enforcer(policy=small))
    assert found.reason is Reason.INSUFFICIENT_DATA and found.n < 30


def message(at: int) -> Act:
    context = {"label": "internal", "from": "assistant", "nonce": f"n{at}"}
    return Act("assistant", Call("note", {"text": f"hello {at}"}), context)


@pytest.mark.parametrize("flaw, shown", [("any signature", "proof with a letter changed"), ("no nonces", "sent again")])
def test_messages_between_agents_need_a_proof_that_binds_all_that_matters(flaw, shown):
    name = "inter-agent-authentication"
    right, wrong = Enforcer(), Enforcer(flaw)
    for point in (right, wrong):
        point.files["messages.jsonl"] = messages(6, message)
    found = measured(name, right)
    # A message of this file is burnt by its own replay: the control sends each once before.
    assert verdict(name, found) is Verdict.PASS, found.details
    broken = measured(name, wrong)
    assert verdict(name, broken) is Verdict.FAIL
    assert shown in broken.details["got through"]


@given(st.sampled_from(["clerk", "guest", "auditor", "head", "assistant"]), st.text(max_size=12))
@settings(max_examples=60)
def test_no_generated_argument_outside_a_limit_is_one_that_the_policy_allows(principal, value):
    policy = read_policy("policy.toml", POLICY.encode())
    for place in matrix(policy):
        if place.principal == principal and place.covered:
            assert policy.allows_act(principal, place.tool.name, place.label, place.arguments)
            assert not policy.allows_act(principal, place.tool.name, place.label, {**place.arguments, "extra": value})
            for _, arguments in outside(policy, place):
                assert not policy.allows_act(principal, place.tool.name, place.label, arguments)


def test_the_cases_cover_every_cell_of_the_matrix():
    policy = read_policy("policy.toml", POLICY.encode())
    cells = {(case.act.principal, case.act.call.tool, case.act.context.get("label")) for case in cases_of(policy)}
    wanted = {(p, t.name, label) for p in policy.principals for t in policy.tools for label in policy.labels}
    assert wanted <= cells


@pytest.mark.parametrize(
    "change, problem",
    [
        (("principals = [", "principal = ["), "unknown key 'principal'"),
        (('tools = ["pay"]', 'tools = ["pays"]'), "'pays'"),
        (("irreversible = true", 'irreversible = "yes"'), "irreversible is 'yes'"),
        (("max = 1000", "maximum = 1000"), "unknown key 'maximum'"),
        (('labels = ["public", "internal"]', 'labels = "public"'), "labels is 'public'"),
        (('name = "pay"', "name = "), "no TOML"),
    ],
)
def test_a_policy_that_is_wrong_is_refused_with_what_is_wrong(change, problem):
    with pytest.raises(PolicyUnusable) as refused:
        read_policy("policy.toml", POLICY.replace(*change).encode())
    assert problem in refused.value.problem


def test_without_a_policy_file_or_an_agent_the_check_says_what_is_missing():
    point = Enforcer()
    del point.files["policy.toml"]
    with pytest.raises(PolicyUnusable, match=r"no policy file policy\.toml"):
        measured("tool-permission", point)
    with pytest.raises(ParameterRefused, match="tries an agent"):
        find("agents.tool-permission").complete({}, Layout(columns={"x": "number"}))
