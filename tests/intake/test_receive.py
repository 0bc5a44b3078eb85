"""The server believes nothing of a pushed run that it can compute again, and takes a run whole or not at all."""

import copy
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.tally import InconsistentTally, TallyUnreadable
from clerestory.desk.permit import NotPermitted
from clerestory.intake.receive import receive, register
from clerestory.intake.receive.admission import OwnerUnknown
from clerestory.intake.receive.contradiction import ContradictsHeldResult
from clerestory.intake.receive.document import PushUnreadable
from clerestory.intake.receive.recompute import PushedCheckUnusable, RunDiffers
from clerestory.intake.receive.run import RunFromTheFuture
from clerestory.registers.data import queries as data
from clerestory.registers.inventory import commands as inventory
from clerestory.registers.inventory import queries
from clerestory.registers.inventory.rules import InventoryRefused, Stage
from clerestory.store import evidence, log
from clerestory.store.log import Search
from clerestory.terms.ids import EntryId
from clerestory.terms.status import Verdict
from tests.intake.loans import MANIFEST, consistent, ran, registered, write
from tests.organisation import NOW, found
from tests.registers.records import LATER


@pytest.fixture(scope="module")
def pushed(tmp_path_factory) -> dict[str, object]:
    """Give the push file of one run, read back; tests copy it before they change it."""
    return ran(write(tmp_path_factory.mktemp("loans")))


@pytest.fixture
def document(pushed) -> dict[str, object]:
    """Give a copy that a test may change."""
    return copy.deepcopy(pushed)


def nothing_written(actor) -> bool:
    kinds = ("check", "register.ai_system", "register.dataset_version", "register.model_version")
    return all(log.search(actor.organisation_id, Search(kind=kind)).total == 0 for kind in kinds)


def place_of(document, name: str) -> int:
    return next(at for at, check in enumerate(document["checks"]) if check["name"] == name)


def test_each_judged_check_becomes_one_entry_with_its_tallies_behind_it(actor, document):
    receipt = receive(document, actor=actor, now=LATER)
    assert len(receipt.checks) == 5
    assert {check.verdict for check in receipt.checks} == {Verdict.PASS}
    assert log.search(actor.organisation_id, Search(kind="check")).total == 5
    first = next(check for check in receipt.checks if check.name == "data_quality.contract")
    record = log.entry(actor.organisation_id, first.entry_id)
    assert record.fact.values["run_mode"] == "pushed"
    assert record.fact.values["verdict"] == "PASS"
    assert record.fact.produced_by.tool == "clerestory"
    assert record.fact.observed.start == NOW
    content = json.loads(log.content(actor.organisation_id, first.entry_id))
    assert {tally["request"]["type"] for tally in content["tallies"]} == {
        "NullCounts",
        "RangeCounts",
        "DuplicateCounts",
        "Freshness",
    }
    assert content["measurement"]["by_group"]


def test_the_facts_of_a_check_name_all_that_the_manifest_declares_for_its_family(actor, document):
    receipt = receive(document, actor=actor, now=LATER)
    schema = next(check for check in receipt.checks if check.name == "data_quality.schema")
    declared = log.entry(actor.organisation_id, schema.entry_id).fact.values["declared"]
    assert declared == tuple(
        sorted(
            f"{check.name}|{check.criterion}|{check.slice}"
            for check in receipt.checks
            if check.name.startswith("data_quality")
        )
    )
    assert [text.rpartition("|")[0] for text in declared] == [
        "data_quality.contract|<= 0",
        "data_quality.group-imbalance|< 0.2",
        "data_quality.representativeness|< 0.2",
        "data_quality.schema|<= 0",
    ]


def test_a_push_registers_system_and_data_that_are_new_and_leaves_known_ones(actor, document):
    receipt = receive(document, actor=actor, now=LATER)
    version = document["data"]["current"]["id"]
    assert set(receipt.registered) == {"ai_system:credit-scoring", f"dataset_version:{version}"}
    record = queries.dataset_version(actor, version).dataset
    assert (record.about_people, record.labelled_by_people, record.sources) == (True, False, ("core-banking",))
    inventory.change_stage(
        actor=actor, system_id="credit-scoring", stage=Stage.DEPLOYMENT, expected_version=1, now=LATER
    )
    again = receive(document, actor=actor, now=LATER + timedelta(minutes=1))
    assert again.registered == ()
    assert again.differences == ("stage: the inventory says deployment, the manifest says verification and validation",)
    assert queries.ai_system(actor, "credit-scoring").system.stage is Stage.DEPLOYMENT


def test_the_same_run_pushed_twice_is_one_run(actor, document):
    first = receive(document, actor=actor, now=LATER)
    again = receive(copy.deepcopy(document), actor=actor, now=LATER + timedelta(hours=1))
    assert [check.entry_id for check in again.checks] == [check.entry_id for check in first.checks]
    assert (first.already_received, again.already_received, again.run_id) == (False, True, first.run_id)
    assert log.search(actor.organisation_id, Search(kind="check")).total == 5


def edit_value(document, place):
    document["checks"][place]["measurement"]["value"] = "0.99"


def edit_interval(document, place):
    document["checks"][place]["measurement"]["low"] = "0.9"


def edit_n(document, place):
    document["checks"][place]["measurement"]["n"] += 1


def edit_group(document, place):
    document["checks"][place]["measurement"]["by_group"][0]["value"] = "0.5"


def edit_share(document, place):
    document["checks"][place]["measurement"]["share_unassessable"] = "0.01"


def edit_verdict(document, place):
    document["checks"][place]["verdict"] = "FAIL"


def edit_reason(document, place):
    document["checks"][place]["reason"] = "because"


def edit_criterion(document, place):
    document["checks"][place]["criterion"] = ">= 0.999"


def edit_family(document, place):
    document["checks"][place]["family"] = "performance"


def edit_subject(document, place):
    document["checks"][place]["subject"]["id"] = "other-system"


def edit_slice(document, place):
    document["checks"][place]["slice"] = "only the good ones"


def edit_role(document, place):
    document["checks"][place]["data_role"] = "production"


def edit_outcome(document, place):
    document["checks"][place]["outcome"] = "could_not_run"


@pytest.mark.parametrize(
    "edit, field",
    [
        (edit_value, "measurement.value"),
        (edit_interval, "measurement.low"),
        (edit_n, "measurement.n"),
        (edit_group, "measurement.by_group"),
        (edit_share, "measurement.share_unassessable"),
        (edit_verdict, "verdict"),
        (edit_reason, "reason"),
        (edit_criterion, "verdict"),
        (edit_family, "family"),
        (edit_subject, "subject"),
        (edit_slice, "slice"),
        (edit_role, "data_role"),
        (edit_outcome, "measurement"),
    ],
)
def test_an_edited_push_file_is_refused_whole_and_check_and_field_are_named(actor, document, edit, field):
    edit(document, place_of(document, "fairness.selection-rate-ratio"))
    with pytest.raises(RunDiffers) as refusal:
        receive(document, actor=actor, now=LATER)
    assert "fairness.selection-rate-ratio" in refusal.value.problem
    assert field in refusal.value.problem
    assert nothing_written(actor)


def test_an_edited_tally_shows_in_the_measurement_that_follows_from_it(actor, document):
    tally = next(item["tally"] for item in document["tallies"] if item["tally"]["type"] == "RangeTally")
    tally["below"] += 40
    tally["inside"] = tally.get("inside", 0) - 40 if "inside" in tally else 0
    if not tally["inside"]:
        del tally["inside"]
    with pytest.raises((RunDiffers, TallyUnreadable, PushedCheckUnusable)) as refusal:
        receive(document, actor=actor, now=LATER)
    assert "data_quality.contract" in refusal.value.problem or "RangeTally" in refusal.value.problem
    assert nothing_written(actor)


def test_an_edited_parameter_asks_for_a_tally_that_is_not_there(actor, document):
    place = place_of(document, "data_quality.contract")
    range_of_income = document["checks"][place]["parameters"]["range"]["income"]
    range_of_income["min"] = "-1000"
    with pytest.raises((PushedCheckUnusable, RunDiffers)) as refusal:
        receive(document, actor=actor, now=LATER)
    assert "data_quality.contract" in refusal.value.problem
    assert nothing_written(actor)


def test_a_check_that_is_left_out_is_no_edit_that_can_be_seen_but_an_added_one_is(actor, document):
    document["checks"].append(copy.deepcopy(document["checks"][0]))
    with pytest.raises(RunDiffers, match="twice"):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)


@pytest.mark.parametrize(
    "change, place",
    [
        (lambda d: d.update(format="other"), "format"),
        (lambda d: d.update(v=2), "v"),
        (lambda d: d.update(extra=1), "extra"),
        (lambda d: d.pop("system"), "system"),
        (lambda d: d["system"].pop("owner"), "system.owner"),
        (lambda d: d["system"].update(owner=7), "system.owner"),
        (lambda d: d["system"].update(colour="blue"), "system.colour"),
        (lambda d: d["checks"][0].update(verdict="PASSED"), "checks.0.verdict"),
        (lambda d: d["checks"][0].update(score=1), "checks.0.score"),
        (lambda d: d["checks"][1].pop("parameters"), "checks.1.parameters"),
        (lambda d: d.update(checks={}), "checks"),
        (lambda d: d.update(manifest_digest="sha256:12"), "manifest_digest"),
        (lambda d: d["data"].update(secret=d["data"]["current"]), "data.secret"),
        (lambda d: d.update(data={}), "current"),
    ],
)
def test_unknown_missing_and_ill_typed_parts_are_named(actor, document, change, place):
    change(document)
    with pytest.raises(PushUnreadable) as refusal:
        receive(document, actor=actor, now=LATER)
    assert place in refusal.value.problem
    assert nothing_written(actor)


def test_an_unknown_check_is_named_with_the_nearest_one(actor, document):
    document["checks"][0]["name"] = "data_quality.shema"
    with pytest.raises(PushedCheckUnusable) as refusal:
        receive(document, actor=actor, now=LATER)
    assert "data_quality.shema" in refusal.value.problem
    assert "data_quality.schema" in refusal.value.remedy
    assert nothing_written(actor)


def test_a_run_from_the_future_or_that_ended_before_it_began_is_refused(actor, document):
    with pytest.raises(RunFromTheFuture, match="still to come"):
        receive(document, actor=actor, now=NOW - timedelta(days=1))
    document["started_at"], document["ended_at"] = document["ended_at"], document["started_at"]
    with pytest.raises(RunFromTheFuture, match="before it began"):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)


COMPARED = """
[[check]]
name = "drift.population-stability-index"
criterion = "< 0.2"
source = "own criteria 1"
columns = ["income"]

[[check]]
name = "performance.task-metric"
criterion = "<= 0.2"
source = "own criteria 1"
metric = "brier"
score = "approved"
"""


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Give a folder whose checks compare with a reference."""
    manifest = MANIFEST.replace('role = "test"', 'role = "test"\nreference = "before.csv"') + COMPARED
    folder = write(tmp_path_factory.mktemp("compared"), manifest=manifest)
    lines = (folder / "loans.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "before.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    return folder


def test_a_check_against_a_reference_is_refused_without_one_so_that_no_data_stays_unregistered(actor, compared):
    document = ran(compared)
    del document["data"]["reference"]
    with pytest.raises(PushedCheckUnusable, match=r"drift.population-stability-index.*there is none"):
        receive(document, actor=actor, now=LATER)
    announced = dict(registered(compared))
    announced["data"] = {"current": announced["data"]["current"]}
    with pytest.raises(ParameterRefused, match=r"drift.population-stability-index.*there is none"):
        register(announced, actor=actor, now=LATER)
    assert nothing_written(actor)


def test_a_limit_whose_side_depends_on_the_parameters_can_be_registered(actor, compared):
    made = register(registered(compared), actor=actor, now=NOW)
    assert len(made.registered) == 3


def test_an_owner_who_is_no_member_is_refused_and_named(actor, document):
    document["system"]["owner"] = "nobody@example.org"
    with pytest.raises(OwnerUnknown, match="nobody"):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)


def test_an_id_that_does_not_follow_from_its_digest_is_refused(actor, document):
    document["data"]["current"]["id"] = "credit-scoring/test/000000000000"
    with pytest.raises(PushUnreadable, match="does not follow"):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)


def test_other_content_whose_digest_begins_alike_is_not_taken_for_the_registered_version(actor, document):
    receive(document, actor=actor, now=LATER)
    held = document["data"]["current"]["content_digest"]
    document["data"]["current"]["content_digest"] = held[:19] + "0" * 52
    with pytest.raises(InventoryRefused, match="is registered with the digest"):
        receive(document, actor=actor, now=LATER + timedelta(minutes=1))


@pytest.fixture
def failed(tmp_path) -> dict[str, object]:
    """Give a run in which the contract fails: 40 incomes are negative."""
    return ran(write(tmp_path, broken=40))


def range_tally(document) -> dict[str, object]:
    return next(pair["tally"] for pair in document["tallies"] if pair["tally"]["type"] == "RangeTally")


def test_invented_counts_for_the_same_input_do_not_replace_a_failure(actor, failed, place):
    contract = place_of(failed, "data_quality.contract")
    assert receive(failed, actor=actor, now=LATER).checks[contract].verdict is Verdict.FAIL
    place()
    invented = copy.deepcopy(failed)
    range_tally(invented)["below"] = 0
    with pytest.raises(ContradictsHeldResult, match=r"data_quality.contract.*RangeCounts income") as refusal:
        receive(consistent(invented), actor=actor, now=LATER + timedelta(minutes=1))
    assert "revoked" in refusal.value.remedy
    assert log.search(actor.organisation_id, Search(kind="check")).total == 5


def test_the_same_counts_measured_again_later_are_received(actor, tmp_path, place):
    folder = write(tmp_path, broken=40)
    receive(ran(folder), actor=actor, now=LATER)
    place()
    again = receive(ran(folder, at=NOW + timedelta(minutes=5)), actor=actor, now=LATER)
    assert not again.already_received


def test_a_result_that_was_taken_back_contradicts_nothing(actor, document, place):
    contract = place_of(document, "data_quality.contract")
    entry = receive(document, actor=actor, now=LATER).checks[contract].entry_id
    place()
    range_tally(document)["below"] = 40
    with pytest.raises(ContradictsHeldResult):
        receive(consistent(document), actor=actor, now=LATER + timedelta(minutes=1))
    person, organisation = actor.person(), actor.organisation_id
    evidence.revoke(entry, reason="counted wrongly", person=person, organisation_id=organisation, now=LATER)
    place()
    again = receive(document, actor=actor, now=LATER + timedelta(minutes=2))
    assert again.checks[contract].verdict is Verdict.FAIL


def tally_of(document, kind) -> dict[str, object]:
    return next(pair["tally"] for pair in document["tallies"] if pair["tally"]["type"] == kind)


@pytest.mark.parametrize("kind", ["DuplicateTally", "SchemaTally", "FreshnessTally"])
def test_one_table_has_one_number_of_rows_in_all_tallies_of_a_run(actor, document, kind):
    tally_of(document, kind)["rows"] = 801
    with pytest.raises(InconsistentTally, match=r"current data has .* rows"):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)


def test_the_same_groups_have_the_same_sizes_in_all_tallies_of_a_run(actor, document):
    first, second = tally_of(document, "ConfusionTally")["cells"]
    first["undecided_positive"] += 5
    second["undecided_positive"] -= 5
    with pytest.raises(InconsistentTally, match="groups of sex have other sizes"):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)


@pytest.mark.parametrize("group", [[], ["zz", "zz"]])
def test_a_group_that_its_request_does_not_make_is_refused(actor, document, group):
    tally_of(document, "ConfusionTally")["cells"][-1]["group"] = group
    with pytest.raises(InconsistentTally):
        receive(document, actor=actor, now=LATER)
    document["tallies"][0]["tally"] = tally_of(document, "NullTally")
    with pytest.raises(InconsistentTally):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)


def test_a_count_that_no_table_has_is_refused(actor, document):
    tally_of(document, "ConfusionTally")["cells"][0]["undecided_positive"] = 10**400
    with pytest.raises(TallyUnreadable, match="2\\^53"):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)


def test_data_are_not_made_fresh_by_a_moment_outside_the_run(actor, document):
    contract = place_of(document, "data_quality.contract")
    document["checks"][contract]["parameters"]["as_of"] = "2020-01-10T00:00:00.000000Z"
    with pytest.raises(PushedCheckUnusable, match=r"data_quality.contract.*as_of is 2020.*outside the run"):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)


def test_a_token_that_may_only_push_can_push_and_nothing_else(actor, document):
    machine = replace(actor, scopes=frozenset({"push"}), authentication_id="token-1")
    assert receive(document, actor=machine, now=LATER).registered
    with pytest.raises(NotPermitted):
        queries.ai_system(machine, "credit-scoring")
    for scopes in (frozenset(), frozenset({"read"}), frozenset({"read", "write"})):
        with pytest.raises(NotPermitted):
            receive(document, actor=replace(actor, scopes=scopes), now=LATER)


@pytest.mark.parametrize("access", ["viewer", "auditor"])
def test_viewers_and_auditors_cannot_push(member, document, access):
    reader = member(access)
    with pytest.raises(NotPermitted):
        receive(document, actor=reader, now=LATER)
    assert nothing_written(reader)


def test_a_push_lands_in_the_organisation_of_its_actor_alone(actor, document):
    stranger = found("Other Bank", email="other@example.org")
    receive(document, actor=actor, now=LATER)
    assert nothing_written(stranger)
    with pytest.raises(OwnerUnknown):
        receive(document, actor=stranger, now=LATER)


def test_a_check_that_could_not_run_leaves_no_entry_but_stays_declared(actor, document):
    place = place_of(document, "data_quality.contract")
    check = document["checks"][place]
    del check["measurement"], check["verdict"]
    check.update(outcome="could_not_run", reason="the column broke")
    receipt = receive(document, actor=actor, now=LATER)
    assert receipt.checks[place].entry_id is None
    assert log.search(actor.organisation_id, Search(kind="check")).total == 4
    schema = next(c.entry_id for c in receipt.checks if c.name == "data_quality.schema")
    declared = log.entry(actor.organisation_id, EntryId(schema)).fact.values["declared"]
    assert any(text.startswith("data_quality.contract|<= 0|") for text in declared)


def test_registering_proposes_the_limits_of_the_manifest_once(actor, tmp_path):
    document = registered(write(tmp_path))
    made = register(document, actor=actor, now=NOW)
    assert made.criteria_version == 1
    assert made.topics_without_limit == ("labels",)
    (record,) = data.criteria_versions(actor, made.dataset_version_id)
    assert record.criteria.topics == ("complete", "consistent", "representative", "timely", "unique", "valid")
    again = register(document, actor=actor, now=LATER)
    assert (again.criteria_entry, again.registered) == (made.criteria_entry, ())


def test_a_registration_with_unknown_parts_is_refused(actor, tmp_path):
    document = dict(registered(write(tmp_path)))
    with pytest.raises(PushUnreadable, match="verdict"):
        register({**document, "verdict": "PASS"}, actor=actor, now=NOW)
    with pytest.raises(PushUnreadable):
        receive(document, actor=actor, now=NOW)
    assert nothing_written(actor)


def test_a_tally_that_no_check_asks_for_is_refused(actor, document):
    extra = {"type": "NullCounts", "column": "religion", "data": "current"}
    answer = {"type": "NullTally", "rows": 800, "missing": 0, "not_a_number": 0, "infinite": 0}
    document["tallies"].append({"request": extra, "tally": answer})
    with pytest.raises(RunDiffers, match="religion"):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)


def test_a_run_in_which_nothing_was_judged_leaves_nothing(actor, document):
    document["tallies"] = []
    for check in document["checks"]:
        del check["measurement"], check["verdict"]
        check.update(outcome="could_not_run", reason="no data")
    with pytest.raises(RunDiffers, match="judged"):
        receive(document, actor=actor, now=LATER)
    assert nothing_written(actor)
