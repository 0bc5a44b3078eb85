"""A.7.4 reaches CONFORMS through registering, approving, checking and pushing alone, and falls again."""

from datetime import timedelta

import pytest

from clerestory.desk.approval import approve, open_proposals, revoke
from clerestory.intake.receive import receive, register
from clerestory.registers.data import commands
from clerestory.registers.data.queries import criteria_versions
from clerestory.registers.data.rules import Limit, QualityCriteria
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory.queries import dataset_version
from clerestory.registers.inventory.rules import DataRole, Stage
from clerestory.terms.ids import PersonId
from clerestory.terms.status import Conformity
from tests.intake.loans import ran, registered, write
from tests.organisation import NOW
from tests.registers.conformity import conformity, judged
from tests.registers.records import dataset

MINUTE = timedelta(minutes=1)
RUN_AT = NOW + timedelta(hours=1)
AT = NOW + timedelta(hours=2)
LABELS = Limit("labels", "Repayment is booked by the loan system; share of wrong bookings <= 0.01")


@pytest.fixture
def folder(tmp_path):
    """Give a folder with data and manifest."""
    return write(tmp_path / "loans")


@pytest.fixture
def limits_set(actor, second, folder):
    """Register system and data, add the limit that no check declares, and have the criteria approved."""
    made = register(registered(folder), actor=actor, now=NOW)
    (record,) = criteria_versions(actor, made.dataset_version_id)
    criteria = QualityCriteria(dataset_version_id=made.dataset_version_id, limits=(*record.criteria.limits, LABELS))
    whole = commands.propose_criteria(actor=actor, criteria=criteria, now=NOW + MINUTE)
    standing = approve(actor=second, entry_id=whole.entry_id, now=NOW + 2 * MINUTE)
    return {"criteria": whole.entry_id, "approval": standing.approvals[0].entry_id}


def push(actor, folder, at):
    return receive(ran(folder, at=at), actor=actor, now=at + MINUTE)


def test_approved_limits_and_passing_checks_conform(actor, folder, limits_set):
    assert conformity(actor, "A.7.4", RUN_AT) is Conformity.NOT_EVIDENCED
    receipt = push(actor, folder, RUN_AT)
    status = judged(actor, "A.7.4", AT)
    assert status.conformity is Conformity.CONFORMS, status
    data_checks = {c.entry_id for c in receipt.checks if c.name.startswith("data_quality")}
    assert {limits_set["criteria"], *data_checks} <= set(status.because)


def test_limits_that_leave_a_topic_out_do_not_conform(actor, second, folder):
    made = register(registered(folder), actor=actor, now=NOW)
    approve(actor=second, entry_id=made.criteria_entry, now=NOW + MINUTE)
    push(actor, folder, RUN_AT)
    status = judged(actor, "A.7.4", AT)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert "labels" in str(status.missing)


def test_a_run_that_measures_against_another_limit_than_the_approved_one_does_not_conform(actor, folder, limits_set):
    manifest = folder / "clerestory.toml"
    said = manifest.read_text(encoding="utf-8")
    name = 'name = "data_quality.representativeness"\n'
    head, _, tail = said.partition(name)
    assert head != said
    manifest.write_text(head + name + tail.replace("< 0.2", "< 0.9", 1), encoding="utf-8")
    push(actor, folder, RUN_AT)
    status = judged(actor, "A.7.4", AT)
    assert status.conformity is Conformity.NOT_EVIDENCED
    assert "not covered: data_quality.representativeness|< 0.2" in " ".join(map(str, status.missing))


def test_limits_approved_after_the_measurement_do_not_conform(actor, second, folder):
    push(actor, folder, NOW)
    document = ran(folder, at=NOW)
    version = document["data"]["current"]["id"]
    topics = ("complete", "valid", "consistent", "unique", "timely", "representative", "labels")
    criteria = QualityCriteria(
        dataset_version_id=version, limits=tuple(Limit(topic, "as the data are") for topic in topics)
    )
    made = commands.propose_criteria(actor=actor, criteria=criteria, now=RUN_AT)
    approve(actor=second, entry_id=made.entry_id, now=RUN_AT + MINUTE)
    push(actor, folder, AT)
    assert conformity(actor, "A.7.4", AT + timedelta(hours=1)) is Conformity.NOT_EVIDENCED


@pytest.mark.parametrize("name", ["criteria", "approval"])
def test_a_7_4_falls_when_limits_or_their_approval_are_taken_back(actor, second, folder, limits_set, name):
    push(actor, folder, RUN_AT)
    assert conformity(actor, "A.7.4", AT) is Conformity.CONFORMS
    revoke(actor=second, entry_id=limits_set[name], reason="limits were for other data", now=AT)
    assert conformity(actor, "A.7.4", AT + MINUTE) in (Conformity.STALE, Conformity.NOT_EVIDENCED)
    assert conformity(actor, "A.7.4", AT - MINUTE) is Conformity.CONFORMS


def test_a_7_4_falls_when_a_result_is_taken_back(actor, second, folder, limits_set):
    receipt = push(actor, folder, RUN_AT)
    schema = next(c.entry_id for c in receipt.checks if c.name == "data_quality.schema")
    revoke(actor=second, entry_id=schema, reason="ran on a copy", now=AT)
    assert conformity(actor, "A.7.4", AT + MINUTE) is Conformity.STALE


def test_a_7_4_goes_stale_with_time_alone(actor, folder, limits_set):
    push(actor, folder, RUN_AT)
    assert conformity(actor, "A.7.4", RUN_AT + timedelta(days=89)) is Conformity.CONFORMS
    assert conformity(actor, "A.7.4", RUN_AT + timedelta(days=91)) is Conformity.STALE


def test_a_failing_check_of_the_same_data_makes_a_7_4_nonconforming(actor, second, folder, limits_set):
    push(actor, folder, RUN_AT)
    stricter = (
        (folder / "clerestory.toml").read_text(encoding="utf-8").replace("income = [0, 1000000]", "income = [0, 500]")
    )
    (folder / "clerestory.toml").write_text(stricter, encoding="utf-8")
    push(actor, folder, AT)
    assert conformity(actor, "A.7.4", AT + timedelta(hours=1)) is Conformity.NONCONFORMING


def test_another_version_of_data_in_use_that_nobody_measured_keeps_a_7_4_from_conforming(actor, folder, limits_set):
    push(actor, folder, RUN_AT)
    inventory.register_dataset_version(actor=actor, dataset=dataset("train", DataRole.TRAINING), now=AT)
    assert conformity(actor, "A.7.4", AT + MINUTE) is not Conformity.CONFORMS


def test_data_of_a_system_whose_purpose_changed_need_their_limits_anew(actor, folder, limits_set):
    from dataclasses import replace

    from clerestory.registers.inventory.queries import ai_system

    push(actor, folder, RUN_AT)
    record = ai_system(actor, "credit-scoring")
    inventory.update_ai_system(
        actor=actor,
        system=replace(record.system, purpose="Decide on loan applications"),
        expected_version=record.version,
        now=AT,
    )
    assert conformity(actor, "A.7.4", AT + MINUTE) is Conformity.STALE


def test_labels_made_by_people_ask_for_more(actor, folder, limits_set):
    from dataclasses import replace

    push(actor, folder, RUN_AT)
    record = dataset_version(actor, ran(folder)["data"]["current"]["id"])
    inventory.describe_dataset_version(
        actor=actor,
        dataset=replace(record.dataset, labelled_by_people=True),
        expected_version=record.version,
        now=AT,
    )
    assert conformity(actor, "A.7.4", AT + MINUTE) is Conformity.NOT_EVIDENCED


def test_data_of_a_retired_system_are_no_longer_asked_for_once_a_second_person_agreed(
    actor, folder, limits_set, second
):
    push(actor, folder, RUN_AT)
    inventory.change_stage(actor=actor, system_id="credit-scoring", stage=Stage.RETIREMENT, expected_version=1, now=AT)
    assert conformity(actor, "A.7.4", AT) is Conformity.CONFORMS
    (waits,) = (one for one in open_proposals(second) if one.kind == "decision.less_asked")
    approve(actor=second, entry_id=waits.entry_id, now=AT)
    assert conformity(actor, "A.7.4", AT + MINUTE) is Conformity.NOT_EVIDENCED


def test_the_author_of_limits_cannot_make_them_count(actor, folder):
    made = register(registered(folder), actor=actor, now=NOW)
    from clerestory.desk.approval import ApprovalRefused

    with pytest.raises(ApprovalRefused):
        approve(actor=actor, entry_id=made.criteria_entry, now=NOW + MINUTE)
    assert PersonId(actor.person_id) == criteria_versions(actor, made.dataset_version_id)[0].made.proposed_by
