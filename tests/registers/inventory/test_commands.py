"""What the inventory accepts and refuses, and what each change leaves in the log."""

from dataclasses import replace

import pytest

from clerestory.desk.approval import approve, open_proposals
from clerestory.desk.lists import ListQuery
from clerestory.desk.people import NotAMember
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.queries import InventoryUnknown
from clerestory.registers.inventory.rules import InventoryRefused, ModelStatus, Stage, Tier
from clerestory.store import directory, log, trace
from clerestory.store.log import Search
from clerestory.terms.evidence import Subject
from clerestory.terms.ids import Digest, EntryId, PersonId
from clerestory.terms.text import TextUnusable
from tests.organisation import NOW, found
from tests.registers.records import LATER, dataset, digest, model, register, system

CREDIT = Subject("ai_system", "credit-scoring")


def test_a_registered_system_is_a_record_and_an_entry_of_the_log(actor):
    made = commands.register_ai_system(actor=actor, system=system(actor, use_areas=("credit",)), now=NOW)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.kind, fact.subject, fact.entity_version) == ("register.ai_system", CREDIT, 1)
    assert (fact.values["owner"], fact.values["tier"]) == (actor.person_id, "high")
    assert queries.ai_system(actor, "credit-scoring").tier is Tier.HIGH


def test_what_is_unknown_of_a_system_is_left_out_of_its_facts_and_never_guessed(actor):
    made = commands.register_ai_system(actor=actor, system=system(actor), now=NOW)
    values = log.entry(actor.organisation_id, made.entry_id).fact.values
    assert not {"tier", "in_scope", "affects_people", "has_customers", "autonomy_level"} & set(values)
    found = queries.ai_system(actor, "credit-scoring")
    record = found.system
    assert (found.tier, record.in_scope, record.affects_people, record.autonomy_level) == (
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"owner": ""}, "owner"),
        ({"purpose": "  "}, "purpose"),
        ({"name": ""}, "name"),
        ({"use_areas": ("astrology",)}, "area of use"),
        ({"use_areas": ("credit", "none of these")}, "area"),
        ({"system_id": "Credit Scoring"}, "id"),
        ({"system_id": "a" * 81}, "id"),
        ({"autonomy_level": 6}, "autonomy"),
    ],
)
def test_a_system_without_a_mandatory_part_is_refused_and_nothing_is_written(actor, changes, word):
    with pytest.raises((InventoryRefused, TextUnusable)) as refusal:
        commands.register_ai_system(actor=actor, system=system(actor, **changes), now=NOW)
    assert word in refusal.value.problem
    assert log.search(actor.organisation_id, Search(kind="register.ai_system")).total == 0


def test_a_system_whose_owner_is_no_member_is_refused(actor):
    with pytest.raises(NotAMember):
        commands.register_ai_system(actor=actor, system=system(actor, owner=PersonId("person-nobody")), now=NOW)
    assert log.search(actor.organisation_id, Search(kind="register.ai_system")).total == 0


def test_a_second_system_with_the_same_id_is_refused(actor):
    register(actor)
    with pytest.raises(InventoryRefused, match="already"):
        register(actor)


def test_each_change_is_a_new_version_of_the_fact(actor, second):
    register(actor)
    commands.change_stage(
        actor=actor, system_id="credit-scoring", stage=Stage.DEPLOYMENT, expected_version=1, now=LATER
    )
    made = commands.change_owner(
        actor=actor, system_id="credit-scoring", owner=second.person_id, expected_version=2, now=LATER
    )
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.entity_version, fact.values["stage"], fact.values["owner"]) == (3, "deployment", second.person_id)
    assert log.search(actor.organisation_id, Search(kind="register.ai_system", subject=CREDIT)).total == 3
    assert directory.known(actor.organisation_id, "ai_system", "credit-scoring").owner == second.person_id


def test_of_two_editors_who_read_the_same_version_the_second_is_refused(actor):
    register(actor)
    first = queries.ai_system(actor, "credit-scoring")
    commands.update_ai_system(
        actor=actor, system=replace(first.system, use_areas=("credit",)), expected_version=first.version, now=LATER
    )
    with pytest.raises(ChangedMeanwhile):
        commands.update_ai_system(
            actor=actor, system=replace(first.system, name="Scoring"), expected_version=first.version, now=LATER
        )
    record = queries.ai_system(actor, "credit-scoring")
    assert (record.version, record.tier, record.system.name) == (2, Tier.HIGH, "Credit scoring")
    assert log.search(actor.organisation_id, Search(kind="register.ai_system")).total == 2


def test_a_retired_system_cannot_be_taken_up_again(actor):
    register(actor, stage=Stage.RETIREMENT)
    with pytest.raises(InventoryRefused, match="retired"):
        commands.change_stage(
            actor=actor, system_id="credit-scoring", stage=Stage.OPERATION, expected_version=1, now=LATER
        )


def test_a_version_of_data_belongs_to_its_system_and_is_registered_once(actor):
    register(actor)
    made = commands.register_dataset_version(actor=actor, dataset=dataset(about_people=True), now=NOW)
    again = commands.register_dataset_version(actor=actor, dataset=dataset(), now=LATER)
    assert made.record_id == f"credit-scoring/test/{digest('rows')[7:19]}"
    assert (again.was_there, again.entry_id) == (True, made.entry_id)
    fact = log.entry(actor.organisation_id, made.entry_id).fact
    assert (fact.links, fact.values["about_people"]) == ((CREDIT,), True)
    assert "labelled_by_people" not in fact.values
    links = trace.links_from(actor.organisation_id, "dataset_version", made.record_id)
    assert [(link.to_kind, link.to_id) for link in links] == [("ai_system", "credit-scoring")]


def test_another_digest_with_the_id_of_a_registered_version_is_refused(actor):
    register(actor)
    data, weights = dataset(), model()
    commands.register_dataset_version(actor=actor, dataset=data, now=NOW)
    commands.register_model_version(actor=actor, model=weights, now=NOW)
    alike = Digest(data.content_digest[:19] + "0" * 52)
    with pytest.raises(InventoryRefused, match="is registered with the digest"):
        commands.register_dataset_version(actor=actor, dataset=replace(data, content_digest=alike), now=LATER)
    alike = Digest(weights.artefact_digest[:19] + "0" * 52)
    with pytest.raises(InventoryRefused, match="is registered with the digest"):
        commands.register_model_version(actor=actor, model=replace(weights, artefact_digest=alike), now=LATER)


def test_what_becomes_known_of_a_version_of_data_is_a_new_version_of_its_fact(actor):
    register(actor)
    made = commands.register_dataset_version(actor=actor, dataset=dataset(), now=NOW)
    said = commands.describe_dataset_version(
        actor=actor, dataset=dataset(labelled_by_people=False), expected_version=1, now=LATER
    )
    assert (said.version, said.record_id) == (2, made.record_id)
    assert log.entry(actor.organisation_id, said.entry_id).fact.values["labelled_by_people"] is False


def test_versions_of_an_unregistered_system_are_refused(actor):
    for command, argument in (
        (commands.register_dataset_version, {"dataset": dataset()}),
        (commands.register_model_version, {"model": model()}),
    ):
        with pytest.raises(InventoryUnknown, match="no AI system"):
            command(actor=actor, now=NOW, **argument)


@pytest.mark.parametrize("text", ["", "sha256:12", "4b1f", "sha256:" + "G" * 64, "SHA256:" + "0" * 64])
def test_what_is_no_digest_is_refused(actor, text):
    register(actor)
    with pytest.raises(InventoryRefused, match="digest"):
        commands.register_model_version(actor=actor, model=model(artefact_digest=Digest(text)), now=NOW)


def test_a_model_version_goes_from_candidate_to_released_and_to_withdrawn_once_two_agree(actor, second):
    register(actor)
    made = commands.register_model_version(actor=actor, model=model(), now=NOW)
    released = commands.change_model_status(
        actor=actor, version_id=made.record_id, status=ModelStatus.RELEASED, expected_version=1, now=LATER
    )
    assert log.entry(actor.organisation_id, released.entry_id).fact.values["status"] == "released"
    with pytest.raises(InventoryRefused, match="candidate"):
        commands.change_model_status(
            actor=actor, version_id=made.record_id, status=ModelStatus.CANDIDATE, expected_version=2, now=LATER
        )
    commands.change_model_status(
        actor=actor, version_id=made.record_id, status=ModelStatus.WITHDRAWN, expected_version=2, now=LATER
    )
    assert queries.model_version(actor, made.record_id).model.status is ModelStatus.RELEASED
    (waits,) = open_proposals(second)
    approve(actor=second, entry_id=waits.entry_id, now=LATER)
    assert queries.model_version(actor, made.record_id).model.status is ModelStatus.WITHDRAWN


@pytest.mark.parametrize("access", ["viewer", "auditor"])
def test_viewers_and_auditors_read_and_cannot_write(actor, member, access):
    register(actor)
    reader = member(access)
    assert queries.ai_systems(reader, ListQuery()).total == 1
    with pytest.raises(NotPermitted):
        commands.register_ai_system(actor=reader, system=system(actor, "second"), now=NOW)
    with pytest.raises(NotPermitted):
        commands.change_stage(
            actor=reader, system_id="credit-scoring", stage=Stage.DEPLOYMENT, expected_version=1, now=NOW
        )


def test_another_organisation_sees_and_changes_nothing(actor):
    register(actor)
    made = commands.register_dataset_version(actor=actor, dataset=dataset(), now=NOW)
    stranger = found("Other Bank", email="other@example.org")
    assert queries.ai_systems(stranger, ListQuery()).total == 0
    with pytest.raises(InventoryUnknown):
        queries.ai_system(stranger, "credit-scoring")
    with pytest.raises(InventoryUnknown):
        queries.dataset_version(stranger, made.record_id)
    with pytest.raises(InventoryUnknown):
        commands.change_stage(
            actor=stranger, system_id="credit-scoring", stage=Stage.DEPLOYMENT, expected_version=1, now=NOW
        )


def test_a_list_of_a_hundred_systems_costs_at_most_five_queries(actor, django_assert_max_num_queries):
    for number in range(100):
        commands.register_ai_system(actor=actor, system=system(actor, f"system-{number:03}"), now=NOW)
    with django_assert_max_num_queries(5):
        page = queries.ai_systems(actor, ListQuery(size=100, sort="-name"))
    assert (len(page.rows), page.rows[0].owner_name) == (100, "Ada Owner")


def test_systems_are_found_by_word_and_by_tier(actor):
    register(actor)
    fraud = system(actor, "fraud", name="Fraud alarm", use_areas=("credit",))
    commands.register_ai_system(actor=actor, system=fraud, now=NOW)
    assert [r.system.system_id for r in queries.ai_systems(actor, ListQuery(search="alarm")).rows] == ["fraud"]
    assert [r.system.system_id for r in queries.ai_systems(actor, ListQuery(filters={"tier": "high"})).rows] == [
        "fraud"
    ]


def test_systems_are_found_by_the_words_of_their_newest_record_whatever_case_and_accents(actor):
    whole = system(actor, "frueh-1", name="Früherkennung", purpose="Findet Ausfälle, bevor sie geschehen")
    commands.register_ai_system(actor=actor, system=whole, now=NOW)
    for said in ("FRÜH", "fruh", "ausfälle früh", "frueh-1"):
        assert queries.ai_systems(actor, ListQuery(search=said)).total == 1, said
    changed = replace(whole, purpose="Meldet Schäden")
    commands.update_ai_system(actor=actor, system=changed, expected_version=1, now=NOW)
    assert queries.ai_systems(actor, ListQuery(search="ausfalle")).total == 0
    assert queries.ai_systems(actor, ListQuery(search="schaden")).total == 1


def test_versions_are_found_by_the_name_of_their_system(actor):
    register(actor)
    commands.register_model_version(actor=actor, model=model(), now=NOW)
    assert queries.model_versions(actor, ListQuery(search="credit SCOR")).total == 1
    assert queries.model_versions(actor, ListQuery(search="credit fraud")).total == 0


def test_the_words_of_the_inventory_are_those_of_the_catalogue():
    from clerestory.catalogue.load import load
    from clerestory.registers.inventory.rules import AIRole, DataRole, Origin

    kinds = load().kinds
    for kind, field, words in (
        ("register.ai_system", "stage", Stage),
        ("register.ai_system", "ai_role", AIRole),
        ("register.ai_system", "tier", Tier),
        ("register.model_version", "status", ModelStatus),
        ("register.model_version", "origin", Origin),
        ("register.dataset_version", "role", DataRole),
        ("register.dataset_version", "origin", Origin),
    ):
        assert kinds[kind].fields[field].options == tuple(words), (kind, field)


def test_an_entry_names_nobody(actor):
    made = commands.register_ai_system(actor=actor, system=system(actor), now=NOW)
    facts = log.entry(actor.organisation_id, EntryId(made.entry_id)).facts
    assert b"Ada" not in facts
    assert b"example.org" not in facts
