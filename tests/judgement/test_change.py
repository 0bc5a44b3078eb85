"""When a change makes earlier evidence out of date, and when something new is no change."""

from clerestory.terms.evidence import FactValue, Subject
from clerestory.terms.status import Conformity
from tests.judgement.facts import NOON, SECOND, Book, days, person
from tests.judgement.one_rule import DATA, MODEL, ORGANISATION, START, SYSTEM, book, need, rule, status


def assessed(*changes: str) -> tuple[object, Book]:
    made = book()
    made.write("record.impact_assessment", SYSTEM, at=NOON - days(10), approved_by=SECOND)
    return rule(need("record.impact_assessment", on_change=changes)), made


def judged(asked: object, made: Book) -> Conformity:
    return status(asked, made.facts).conformity  # type: ignore[arg-type]


def test_another_purpose_makes_earlier_evidence_stale_and_the_same_again_does_not() -> None:
    asked, made = assessed("purpose")
    purpose: dict[str, FactValue] = {"purpose": made.facts[1].values["purpose"]}
    made.write("register.ai_system", SYSTEM, purpose, at=NOON - days(5), entity="system/1")
    assert judged(asked, made) is Conformity.CONFORMS
    made.write("register.ai_system", SYSTEM, {"purpose": "another"}, at=NOON - days(4), entity="system/1")
    assert judged(asked, made) is Conformity.STALE
    made.write("record.impact_assessment", SYSTEM, at=NOON - days(3), approved_by=SECOND)
    assert judged(asked, made) is Conformity.CONFORMS


def test_a_purpose_given_under_another_record_name_is_still_a_change_of_the_system() -> None:
    asked, made = assessed("purpose")
    made.write("register.ai_system", SYSTEM, {"purpose": "another"}, at=NOON - days(4), entity="somewhere/else")
    assert judged(asked, made) is Conformity.STALE


def test_the_first_model_of_a_system_is_no_change_and_the_second_is_one() -> None:
    asked, made = assessed("model_version")
    assert judged(asked, made) is Conformity.CONFORMS
    made.write("register.model_version", Subject("model_version", "m2"), at=NOON - days(5), links=(SYSTEM,))
    assert judged(asked, made) is Conformity.STALE


def test_a_new_law_is_a_change_for_every_system() -> None:
    asked, made = assessed("law")
    made.write("register.obligation", ORGANISATION, at=NOON - days(20))
    assert judged(asked, made) is Conformity.CONFORMS
    made.write("register.obligation", ORGANISATION, at=NOON - days(5))
    assert judged(asked, made) is Conformity.STALE


def test_a_change_two_links_away_bears_on_nothing() -> None:
    made = book()
    made.check("provenance.dataset-lineage", DATA, at=NOON - days(10))
    asked = rule(need("check", check="provenance.dataset-lineage", verdict_pass=True, on_change=("model_version",)),
                 for_each="dataset_version")  # fmt: skip
    digest: dict[str, FactValue] = {"artefact_digest": "sha256:other"}
    made.write("register.model_version", MODEL, digest, at=NOON - days(5), links=(SYSTEM,), entity="model/1")
    assert judged(asked, made) is Conformity.CONFORMS


def test_an_incident_that_is_not_serious_changes_nothing() -> None:
    asked, made = assessed("serious_incident")
    made.write("register.incident", SYSTEM, {"serious": False}, at=NOON - days(5), entity="incident/1")
    assert judged(asked, made) is Conformity.CONFORMS
    made.write("register.incident", SYSTEM, {"serious": True}, at=NOON - days(4), entity="incident/1")
    assert judged(asked, made) is Conformity.STALE


def test_revoking_the_first_purpose_does_not_hide_that_the_next_is_another() -> None:
    asked, made = assessed("purpose")
    made.write("record.revocation", SYSTEM, {"revokes": (made.facts[1].entry_id,)}, at=NOON - days(6))
    made.write("register.ai_system", SYSTEM, {"purpose": "another"}, at=NOON - days(5), entity="system/1")
    assert judged(asked, made) is Conformity.STALE


def test_a_mistyped_purpose_that_was_revoked_is_no_change() -> None:
    asked, made = assessed("purpose")
    slip = made.write("register.ai_system", SYSTEM, {"purpose": "slip"}, at=NOON - days(5), entity="system/1")
    gone = made.write("record.revocation", SYSTEM, {"revokes": (slip.entry_id,)}, at=NOON - days(4))
    assert judged(asked, made) is Conformity.STALE
    values = {"approved_leaf": gone.leaf_hash, "approver_id": SECOND}
    made.write("approval.document", SYSTEM, values, at=NOON - days(3), by=person(SECOND, "member"))
    assert judged(asked, made) is Conformity.CONFORMS


def test_a_superseded_version_is_still_the_previous_value() -> None:
    asked, made = assessed("purpose")
    made.write("register.ai_system", SYSTEM, {"purpose": "another"}, at=NOON - days(5), entity="system/1",
               supersedes=(made.facts[1].entry_id,))  # fmt: skip
    assert judged(asked, made) is Conformity.STALE


def test_holders_in_another_order_are_no_change() -> None:
    made = book()
    role = Subject("person_role", "validator")
    made.write("register.person_role", role, {"holders": ("a", "b")}, at=START, entity="role/1")
    made.write("record.role_acceptance", role, at=NOON - days(10))
    made.write("register.person_role", role, {"holders": ("b", "a")}, at=NOON - days(5), entity="role/1")
    asked = rule(need("record.role_acceptance", on_change=("role_holder",)), for_each="person_role")
    assert judged(asked, made) is Conformity.CONFORMS
