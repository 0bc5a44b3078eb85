"""Classes under the EU AI Act as commands write them: evidence, approval, conflicts, and who a law affects."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from clerestory.catalogue.law.read import LawUnknown, load_law
from clerestory.desk.approval import ApprovalRefused, approve, open_proposals, revoke
from clerestory.desk.lists import ListQuery
from clerestory.desk.permit import NotPermitted
from clerestory.desk.version import ChangedMeanwhile
from clerestory.registers.inventory import commands, models, queries
from clerestory.registers.inventory.queries import InventoryUnknown
from clerestory.registers.inventory.rules.classification import Answers, asks_less
from clerestory.registers.inventory.rules.law_walk import classify
from clerestory.registers.inventory.rules.record import InventoryRefused
from clerestory.store import directory, log
from tests.organisation import NOW, found
from tests.registers.inventory.test_classification_rules import CASES, given
from tests.registers.records import register, system
from tests.registers.test_pages import signed_in

MINUTE = timedelta(minutes=1)
SCORE = given(CASES["credit-score"])
BEFORE = NOW.replace(year=2026, month=7, day=1)
"""A day on which the law was still the one of 2024."""


@pytest.fixture
def scored(actor):
    """Register the credit scoring system."""
    register(actor)


def classified(actor, said=SCORE, now=NOW, **more):
    """Answer what decides about the credit scoring system."""
    return commands.classify_system(actor=actor, system_id="credit-scoring", given=said, now=now, **more)


def test_the_class_is_derived_and_its_entry_holds_the_reasoning_the_version_and_the_days(actor, scored):
    made = classified(actor)
    entry = log.entry(actor.organisation_id, made.entry_id)
    assert entry.fact.kind == "decision.legal_class"
    assert entry.fact.values["legal_class"] == "high-risk"
    assert entry.fact.values["law_version"] == "2026/1744"
    assert entry.fact.values["applies_from"] == "2027-12-02"
    assert "Art. 9 from 2027-12-02" in entry.fact.values["legal_duties"]
    text = log.content(actor.organisation_id, made.entry_id).decode()
    assert "Not legal advice" in text
    assert "Annex III.5(b)" in text
    assert "applies from 2027-12-02" in text
    assert "What profiles persons is always of high risk" in text


def test_it_waits_for_legal_counsel_where_there_is_one_and_counts_once_they_approved(actor, scored, member):
    counsel = member("editor", ("legal_counsel",), "counsel@example.org")
    made = classified(actor)
    (waiting,) = [standing for standing in open_proposals(actor) if standing.entry_id == made.entry_id]
    assert waiting.approver_role == "legal_counsel"
    with pytest.raises(ApprovalRefused):
        approve(actor=actor, entry_id=made.entry_id, now=NOW + MINUTE)
    assert directory.known(actor.organisation_id, "legal_class", "credit-scoring") is None
    approve(actor=counsel, entry_id=made.entry_id, now=NOW + MINUTE)
    known = directory.known(actor.organisation_id, "legal_class", "credit-scoring")
    assert known is not None
    assert known.label == "high-risk"
    (row,) = queries.classifications(actor, ListQuery()).rows
    assert row.state == "approved"
    revoke(actor=counsel, entry_id=made.entry_id, reason="The purpose was another", now=NOW + 2 * MINUTE)
    goes_on = directory.known(actor.organisation_id, "legal_class", "credit-scoring")
    assert goes_on is not None and goes_on.label == "high-risk", "one person who takes it back lowers nothing"


def test_without_counsel_any_second_person_approves(actor, second, scored):
    made = classified(actor)
    (waiting,) = open_proposals(actor)
    assert waiting.approver_role == ""
    approve(actor=second, entry_id=made.entry_id, now=NOW + MINUTE)


def test_while_something_is_open_the_class_is_unknown_and_nobody_can_approve_it(actor, scored):
    made = classified(actor, {"system": ("yes",), "areas": ("III.5b",), "profiling": ("yes",)})
    assert open_proposals(actor) == ()
    record = queries.legal_class(actor, "credit-scoring").record
    assert record.found.klass == "unknown"
    assert record.found.at_least == "high-risk"
    assert "practices" in record.found.open
    assert log.entry(actor.organisation_id, made.entry_id).fact.values["legal_class"] == "unknown"


def known(actor):
    """Return the class that others know of the credit scoring system."""
    found = directory.known(actor.organisation_id, "legal_class", "credit-scoring")
    return None if found is None else found.label


LESS = SCORE | {"areas": ("none",)}


def test_a_lower_class_leaves_the_approved_one_in_force_until_it_is_approved_itself(actor, second, scored):
    made = classified(actor)
    approve(actor=second, entry_id=made.entry_id, now=NOW + MINUTE)
    again = classified(actor, LESS, NOW + 2 * MINUTE, expected_version=1)
    assert again.version == 2
    record = queries.legal_class(actor, "credit-scoring").record
    assert (record.found.klass, record.approved, record.counts, record.waits) == ("minimal", False, "high-risk", True)
    assert "profiling" not in record.answers.given  # it no longer decides
    assert known(actor) == "high-risk"
    (row,) = queries.classifications(actor, ListQuery()).rows
    assert (row.counts, row.state, str(row.applies_from)) == ("high-risk", "waiting", "2027-12-02")
    assert queries.coming_days(actor, load_law(), NOW.date()), "its duties go on"
    page = signed_in("owner@example.org").get(reverse("classification-system", args=["credit-scoring"]))
    text = page.content.decode()
    assert "Said, and not counted yet" in text and "Art. 9" in text

    given_ = approve(actor=second, entry_id=again.entry_id, now=NOW + 3 * MINUTE).approvals[0]
    assert known(actor) == "minimal"
    revoke(actor=second, entry_id=given_.entry_id, reason="It does score people", now=NOW + 4 * MINUTE)
    assert known(actor) == "high-risk", "what counted before counts again"
    revoke(actor=second, entry_id=made.entry_id, reason="The purpose was another", now=NOW + 5 * MINUTE)
    assert known(actor) == "high-risk", "until two agree to less"


def test_an_approved_class_that_is_taken_back_goes_on_counting_until_other_answers_are_approved(actor, second, scored):
    low = classified(actor, LESS)
    approve(actor=second, entry_id=low.entry_id, now=NOW + MINUTE)
    high = classified(actor, SCORE, NOW + 2 * MINUTE)
    given_ = approve(actor=second, entry_id=high.entry_id, now=NOW + 3 * MINUTE).approvals[0]
    revoke(actor=second, entry_id=given_.entry_id, reason="The purpose was another", now=NOW + 4 * MINUTE)
    assert known(actor) == "high-risk"
    record = queries.legal_class(actor, "credit-scoring").record
    assert (record.approved, record.counts, record.is_taken_back) == (False, "high-risk", True)
    page = signed_in("owner@example.org").get(reverse("classification-system", args=["credit-scoring"]))
    assert "was taken back" in page.content.decode()
    again = classified(actor, LESS, NOW + 5 * MINUTE)
    assert known(actor) == "high-risk", "nor does the class of before come to life by one person's word"
    approve(actor=second, entry_id=again.entry_id, now=NOW + 6 * MINUTE)
    assert known(actor) == "minimal"


def test_a_class_that_nobody_approved_and_that_is_taken_back_was_never_known(actor, scored):
    made = classified(actor)
    revoke(actor=actor, entry_id=made.entry_id, reason="The purpose was another", now=NOW + MINUTE)
    assert known(actor) is None


def test_a_higher_class_counts_at_once_and_falls_again_by_two_alone(actor, second, scored):
    made = classified(actor, LESS)
    approve(actor=second, entry_id=made.entry_id, now=NOW + MINUTE)
    classified(actor, SCORE, NOW + 2 * MINUTE)
    assert known(actor) == "high-risk"
    record = queries.legal_class(actor, "credit-scoring").record
    assert (record.counts, record.waits, record.approved) == ("high-risk", False, False)
    text = (
        signed_in("owner@example.org").get(reverse("classification-system", args=["credit-scoring"])).content.decode()
    )
    assert "it counts at once" in text
    classified(actor, {"system": ("yes",), "areas": ("none",)}, NOW + 3 * MINUTE)
    assert known(actor) == "minimal", "while questions are open, what was approved counts"


def test_of_one_class_fewer_or_later_duties_wait_too():
    law = load_law()
    both = classify(law, "2026/1744", Answers(given=SCORE | {"roles": ("provider", "deployer")}, under="2026/1744"))
    deploys = classify(law, "2026/1744", Answers(given=SCORE | {"roles": ("deployer",)}, under="2026/1744"))
    assert (both.klass, deploys.klass) == ("high-risk", "high-risk")
    assert asks_less(deploys, both) and not asks_less(both, deploys) and not asks_less(both, both)
    first = classify(law, "2024/1689", Answers(given=SCORE, under="2024/1689"))
    now = classify(law, "2026/1744", Answers(given=SCORE, under="2026/1744"))
    assert asks_less(now, first), "the law moved its days to later ones"


def test_bad_answers_are_refused_and_nothing_is_written(actor, scored, member):
    before = log.search(actor.organisation_id, log.Search()).total
    for refused, said in (
        (InventoryRefused, {}),
        (InventoryRefused, {"areas": ("none", "III.5b")}),
        (InventoryRefused, {"system": ("<b>yes</b>",)}),
        (LawUnknown, {"nothing": ("yes",)}),
    ):
        with pytest.raises(refused):
            classified(actor, said)
    with pytest.raises(InventoryUnknown):
        commands.classify_system(actor=actor, system_id="nowhere", given=SCORE, now=NOW)
    with pytest.raises(NotPermitted):
        classified(member("viewer"))
    assert log.search(actor.organisation_id, log.Search()).total == before


def test_the_second_writer_sees_the_conflict_and_the_same_again_is_refused(actor, scored):
    classified(actor)
    with pytest.raises(ChangedMeanwhile):
        classified(actor, SCORE | {"reach": ("no",)}, NOW + MINUTE, expected_version=0)
    with pytest.raises(InventoryRefused, match="as they were"):
        classified(actor, now=NOW + MINUTE)


def test_a_change_of_the_law_shows_who_is_affected_and_why(actor, scored):
    commands.register_ai_system(actor=actor, system=system(actor, "spam", name="Spam filter"), now=NOW)
    without_ban = SCORE | {"practices": ("none",)}
    classified(actor, without_ban, BEFORE)
    commands.classify_system(actor=actor, system_id="spam", given=given(CASES["spam-filter"]), now=NOW)
    law = load_law()
    found = queries.affected(actor, law, "2024/1689", "2026/1744")
    score = next(one for one in found if one.system_id == "credit-scoring")
    told = queries.effects(law, score.change)
    assert any("Prohibited practices" in line for line in told)
    assert any("instead of Aug. 2, 2026" in line for line in told)
    before, after = queries.compared(law, NOW.date(), "", "")
    assert (before.id, after.id) == ("2024/1689", "2026/1744")
    assert [version.id for version in queries.compared(law, date(2025, 1, 1), "", "")] == ["2024/1689", "2026/1744"]


def test_before_a_version_takes_effect_counsel_and_owner_hear_of_it(actor, scored, member):
    counsel = member("editor", ("legal_counsel",), "counsel@example.org")
    classified(actor, SCORE, BEFORE)
    (told,) = [duty for duty in queries.duties(counsel, BEFORE.date()) if "/law/" in duty.url]
    assert "1 system is affected" in str(told.why)
    (warned,) = [duty for duty in queries.duties(actor, BEFORE.date()) if "/law/" in duty.url]
    assert "1 system is affected" in str(warned.why)  # its owner, whether or not there is a counsel
    stranger = member("editor", (), "else@example.org")
    assert [duty for duty in queries.duties(stranger, BEFORE.date()) if "/law/" in duty.url] == []
    assert [duty for duty in queries.duties(counsel, NOW.date()) if "/law/" in duty.url] == []
    (owner,) = [duty for duty in queries.duties(actor, NOW.date()) if "/classification/" in duty.url]
    assert owner.url.endswith("/answer/")  # the new bans were never answered


def known_otherwise(actor, **then):
    """Let the class of the credit scoring system be one that the program told when it knew the law less well."""
    models.Classification.objects.filter(organisation_id=actor.organisation_id).update(**then)


def test_a_class_that_follows_no_more_from_what_is_known_of_the_law_goes_on_counting_and_says_so(actor, second, scored):
    made = classified(actor, given(CASES["spam-filter"]))
    known_otherwise(actor, klass="high-risk", at_least="high-risk", applies_from=date(2027, 12, 2))
    approve(actor=second, entry_id=made.entry_id, now=NOW + MINUTE)
    record = queries.legal_class(actor, "credit-scoring").record
    assert (record.is_corrected, record.said, record.counts) == (True, "high-risk", "high-risk")
    assert directory.known(actor.organisation_id, "legal_class", "credit-scoring").label == "high-risk"
    (told,) = [duty for duty in queries.duties(actor, NOW.date()) if "/classification/" in duty.url]
    assert "corrected" in str(told.why)
    shown = signed_in("owner@example.org").get(reverse("classification-system", args=["credit-scoring"]))
    page = shown.content.decode()
    assert "was corrected since these answers were given" in page
    again = classified(actor, given(CASES["spam-filter"]), NOW + 2 * MINUTE)
    record = queries.legal_class(actor, "credit-scoring").record
    assert (record.is_corrected, record.found.klass, record.counts) == (False, "minimal", "high-risk")
    approve(actor=second, entry_id=again.entry_id, now=NOW + 3 * MINUTE)
    assert queries.legal_class(actor, "credit-scoring").record.counts == "minimal"


def test_answers_that_lead_to_what_they_led_to_are_not_said_to_be_corrected(actor, scored):
    classified(actor)
    assert not queries.legal_class(actor, "credit-scoring").record.is_corrected


def test_a_version_of_the_law_that_is_withdrawn_stays_known_and_is_in_force_no_more():
    law = load_law()
    old, new = law.versions
    withdrawn = replace(law, versions=(old, replace(new, withdrawn_on=date(2026, 12, 1))))
    assert withdrawn.in_force(date(2026, 11, 30)) is withdrawn.version("2026/1744")
    assert withdrawn.in_force(date(2026, 12, 1)) is old
    planned = replace(law, versions=(old, replace(new, withdrawn_on=date(2026, 7, 1))))
    assert [version.id for version in planned.coming(date(2026, 6, 30))] == ["2026/1744"]
    assert planned.coming(date(2026, 7, 1)) == ()
    assert withdrawn.version("2026/1744").valid_from == new.valid_from


def test_no_version_of_the_law_by_which_classes_were_told_is_gone():
    assert {"2024/1689", "2026/1744"} <= {version.id for version in load_law().versions}


def test_days_that_come_name_their_systems(actor, scored):
    classified(actor, given(CASES["nudify"]))
    days = queries.coming_days(actor, load_law(), NOW.date())
    assert [day.on for day in days] == [date(2026, 12, 2)]
    assert days[0].systems == (("credit-scoring", "Credit scoring"),)


def test_another_organisation_sees_nothing(actor, scored):
    classified(actor)
    other = found("Other Bank", email="other@example.org")
    assert queries.classifications(other, ListQuery()).total == 0
    assert queries.affected(other, load_law(), "2024/1689", "2026/1744") == ()
    with pytest.raises(InventoryUnknown):
        queries.legal_class(other, "credit-scoring")
