"""What conformed falls when a check fails on what really lies there, and when a record shows that something lacks."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from clerestory.desk.approval import approve
from clerestory.intake.receive import receive
from clerestory.registers.context import commands as context
from clerestory.registers.context.rules.party import Need
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.queries import ai_system
from clerestory.registers.inventory.rules import Stage
from clerestory.registers.inventory.rules.resource import StaffingCheck
from clerestory.registers.organisation import commands as organisation
from clerestory.registers.organisation.rules import Run
from clerestory.registers.policy import commands as policy
from clerestory.registers.policy.rules import Alignment
from clerestory.registers.risk import commands as risk
from clerestory.registers.roles import commands as roles
from clerestory.registers.roles.rules import Assignment
from clerestory.terms.moment import moment_text
from clerestory.terms.status import Conformity
from tests.organisation import NOW
from tests.processes.conformity import measured
from tests.processes.conformity.arrangement import AT, House, status
from tests.registers.context.surroundings import bound, issue, party
from tests.registers.impact.surroundings import SYSTEM
from tests.registers.incidents.surroundings import spoken
from tests.registers.records import model, system
from tests.registers.risk.risks import identified, version

HOUR = timedelta(hours=1)
LATER = AT + 2 * HOUR
WORSE = "fairness.selection-rate-ratio"


def _unregistered(house: House) -> None:
    (house.folder / "src" / "other.py").write_text("import torch\n", encoding="utf-8")


def _unlisted(house: House) -> None:
    (house.folder / "another.onnx").write_bytes((house.folder / "model.onnx").read_bytes() + b" ")


def _untraced(house: House) -> None:
    lineage = json.loads((house.folder / "lineage.json").read_text(encoding="utf-8"))
    lineage["version"][0]["files"]["loans.parquet"] = "sha256:" + "0" * 64
    (house.folder / "lineage.json").write_text(json.dumps(lineage), encoding="utf-8")


def _weak(house: House) -> None:
    known = json.loads((house.folder / "osv.json").read_text(encoding="utf-8"))
    known[0]["affected"] = [{"package": {"ecosystem": "PyPI", "name": "scikit-learn"}, "versions": ["1.9.0"]}]
    (house.folder / "osv.json").write_text(json.dumps(known), encoding="utf-8")


def _elsewhere(house: House) -> None:
    (house.folder / "captured" / "live.json").write_text('{"image": "sha256:88bb"}', encoding="utf-8")


def _hungry(house: House) -> None:
    rows = "".join(f"{moment_text(AT)},late{at},scoring,1.2,9.0,0.9\n" for at in range(9))
    with (house.folder / "emissions.csv").open("a", encoding="utf-8") as file:
        file.write(rows)


def _lost(house: House) -> None:
    (house.folder / "kept" / "1.json").unlink()


def _unfair(house: House) -> None:
    rows = pl.read_parquet(house.folder / "loans.parquet")
    poorer = pl.when(pl.col("income") < 3).then(pl.lit("female")).otherwise(pl.lit("male")).alias("sex")
    rows.with_columns(poorer).write_parquet(house.folder / "loans.parquet")


def _misused(house: House) -> None:
    path = house.folder / "misuse.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("income = 0.", "income = 6."), encoding="utf-8")


CHECKED: dict[str, tuple[str, Callable[[House], None], tuple[str, ...]]] = {
    "AI that nobody registered": ("inventory.discovery-reconciliation", _unregistered, ("4.3", "A.4.2")),
    "a model file that no bill lists": ("inventory.bill-of-materials", _unlisted, ("A.4.2",)),
    "data that are not those of their lineage": ("provenance.dataset-lineage", _untraced, ("A.4.3",)),
    "a library with a known weakness": ("supply_chain.vulnerabilities", _weak, ("A.4.4",)),
    "another image than described": ("resources.environment-capture", _elsewhere, ("A.4.5",)),
    "more energy than the budget": ("resources.energy-use", _hungry, ("A.4.5", "A.5.5")),
    "a report that is gone before its time": ("records.retention", _lost, ("A.5.3",)),
    "a group that is approved less often": (WORSE, _unfair, ("8.3", "A.5.4")),
    "a misuse that succeeds": ("security.abuse-scenarios", _misused, ("A.5.5",)),
}


@pytest.mark.parametrize("name", CHECKED)
def test_a_check_that_fails_makes_what_rests_on_it_nonconforming(house: House, name: str) -> None:
    check, worsen, requirements = CHECKED[name]
    worsen(house)
    is_model = check in measured.CHECKS
    checks = {check: (measured.CHECKS if is_model else measured.RUNNING)[check]}
    document = measured.measured(house.folder, checks, AT + HOUR, model=is_model)
    receipt = receive(document, actor=house.lead, now=LATER)
    assert [str(one.verdict) for one in receipt.checks] == ["FAIL"]
    for requirement in requirements:
        assert status(house, requirement).conformity is Conformity.CONFORMS
        after = status(house, requirement, LATER)
        assert after.conformity is Conformity.NONCONFORMING, (requirement, [str(m) for m in after.missing])
        assert receipt.checks[0].entry_id in after.because


def test_one_person_alone_does_not_take_a_system_out_of_sight_of_the_rules_that_it_fails(house: House) -> None:
    """Retired, at an early stage or said to touch nobody, it stays nonconforming until a second person agrees."""
    check, worsen, _requirements = CHECKED["a group that is approved less often"]
    worsen(house)
    document = measured.measured(house.folder, {check: measured.CHECKS[check]}, AT + HOUR, model=True)
    receive(document, actor=house.lead, now=LATER)
    for said in ({"stage": Stage.RETIREMENT}, {"stage": Stage.INCEPTION}, {"affects_people": False}):
        held = ai_system(house.lead, SYSTEM)
        inventory.update_ai_system(
            actor=house.lead, system=replace(held.system, **said), expected_version=held.version, now=LATER
        )
        for requirement in ("8.3", "A.5.4"):
            assert status(house, requirement, LATER).conformity is Conformity.NONCONFORMING, (requirement, said)


def _looked_again(house: House) -> None:
    context.note_issue(actor=house.lead, said=issue("A new regulator looks at scores"), now=AT)


def _new_law(house: House) -> None:
    said = bound(house.lead, title="A new duty", citation="Regulation (EU) 2026/1, Art. 1")
    context.note_obligation(actor=house.lead, said=said, now=AT)


def _new_party(house: House) -> None:
    context.note_party(actor=house.lead, said=party(Need(text="a person to talk to"), name="Guarantors"), now=AT)


def _missed_run(house: House) -> None:
    run = Run(
        process_id="retraining", planned_for=NOW.date().replace(day=1), outcome="missed", criteria_met=False, ran_at=AT
    )
    organisation.record_process_run(actor=house.lead, run=run, now=AT)


def _new_holder(house: House) -> None:
    given = Assignment(role_id="model-owner", duty="answer for the model", holder=house.judge.person_id)
    made = roles.assign_role(actor=house.lead, assignment=given, now=AT)
    approve(actor=house.boss, entry_id=made.entry_id, now=AT + HOUR)


def _new_risk(house: House) -> None:
    identified(house.lead, at=AT, event="Another thing happens")


def _without_effect(house: House) -> None:
    risk.confirm_effectiveness(
        actor=house.judge, risk_id="R-1", effective=False, judged_by="Selection rates of this month",
        expected_version=version(house.lead), now=AT,
    )  # fmt: skip


def _new_model(house: House) -> None:
    inventory.register_model_version(actor=house.lead, model=model("other weights"), now=AT)


def _new_purpose(house: House) -> None:
    known = ai_system(house.lead, SYSTEM)
    inventory.update_ai_system(
        actor=house.lead, system=replace(known.system, purpose="Rank tenants"), expected_version=known.version, now=AT
    )


def _another_system(house: House) -> None:
    inventory.register_ai_system(actor=house.lead, system=system(house.lead, "chat", name="Chat desk"), now=AT)


def _conflict(house: House) -> None:
    said = Alignment(
        compared=("Information security policy",),
        conflicts=(("Information security policy", "It allows any model.", AT.date()),),
    )
    policy.compare_policies(actor=house.lead, said=said, now=AT)


def _concern(house: House) -> None:
    spoken(house.lead, now=AT)


def _unfilled(house: House) -> None:
    half = StaffingCheck(system_id=SYSTEM, holders={"Overseer": house.judge.person_id}, basis="Course of May")
    made = inventory.check_posts(actor=house.lead, check=half, now=AT + HOUR)
    approve(actor=house.boss, entry_id=made.entry_id, now=AT + HOUR)


RECORDED: dict[str, tuple[Callable[[House], None], tuple[str, ...], int]] = {
    "an issue that nobody weighed": (_looked_again, ("4.3", "5.2", "6.1.1", "A.2.4"), 0),
    "a duty of law that nobody compared": (_new_law, ("4.1", "4.2", "6.1.1", "6.1.4", "A.2.4", "A.5.3"), 0),
    "a need that nobody decided on": (_new_party, ("4.2",), 0),
    "a new holder of a role": (_new_holder, ("5.2", "5.3", "A.2.2", "A.3.2"), 0),
    "a risk over the criteria that nobody approved or treats": (_new_risk, ("6.1.2", "6.1.3"), 0),
    "a treatment without effect": (_without_effect, ("8.3",), 0),
    "a new model version": (_new_model, ("8.2", "8.4", "A.4.2", "A.5.2", "A.5.4"), 0),
    "another purpose": (_new_purpose, ("4.1", "4.3", "8.2", "8.4", "A.5.2", "A.5.4", "A.5.5"), 0),
    "a system that nobody placed, assessed or owns": (
        _another_system, ("4.1", "4.3", "6.1.4", "8.2", "8.4", "A.3.2", "A.4.6", "A.5.3"), 0,
    ),
    "a conflict of policies that nobody removed": (_conflict, ("A.2.3",), 3),
    "a concern that nobody answered": (_concern, ("A.3.3",), 40),
    "a post that nobody fills": (_unfilled, ("A.4.6",), 0),
}  # fmt: skip
"""What is recorded, what falls by it, and after how many days."""


@pytest.mark.parametrize("name", RECORDED)
def test_a_record_that_says_that_something_is_missing_lets_what_rests_on_it_fall(house: House, name: str) -> None:
    record, requirements, days = RECORDED[name]
    record(house)
    for requirement in requirements:
        after = status(house, requirement, LATER + timedelta(days=days))
        assert after.conformity in (Conformity.STALE, Conformity.NOT_EVIDENCED), (requirement, after.conformity)
        assert status(house, requirement, AT - HOUR).conformity is Conformity.CONFORMS, requirement
