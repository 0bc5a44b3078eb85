"""The fast lane proposes place and class from what is known, says why, and sets nothing that nobody confirmed."""

from dataclasses import replace

import pytest

from clerestory.desk.approval import approve, open_proposals
from clerestory.desk.people import change_membership
from clerestory.registers.inventory import commands, queries
from clerestory.registers.inventory.queries.lane import Around, alike, proposed_class
from clerestory.registers.inventory.rules import NO_AREA, AIRole, Stage
from clerestory.store import clock
from clerestory.store.unit import atomic
from tests.registers.inventory.test_duplicates_and_lane import in_force
from tests.registers.records import model, system
from tests.registers.test_pages import signed_in

LANE = "/inventory/systems/minutes/lane/"


@pytest.fixture
def asked(actor, member):
    """Register a tool that finds rooms, with the policy in force and the requester in a unit."""
    in_force(actor, member)
    with atomic():
        change_membership(organisation_id=actor.organisation_id, person_id=actor.person_id, unit="Board office")
    said = system(
        actor,
        "minutes",
        name="Room finder",
        purpose="Find a free room for our meetings",
        suppliers=("Scribe Ltd",),
        ai_role=(),
    )
    commands.register_ai_system(actor=actor, system=said, now=clock.now())
    return actor


def other(actor, system_id="notes", **changes):
    plain = {"name": "Letters", "purpose": "Correct our letters", "ai_role": (AIRole.CUSTOMER,)}
    said = system(actor, system_id, **plain | changes)
    commands.register_ai_system(actor=actor, system=said, now=clock.now())


def like_it(actor):
    return alike(actor, queries.ai_system(actor, "minutes").system).like


def page(actor):
    return signed_in("owner@example.org").get(LANE)


def sent(page, **changes):
    values = {
        **{name: page.context["form"][name].value() for name in ("owner", "place", "class_key")},
        "use_areas": [NO_AREA], "affects_people": "false", "interacts": "false", "has_customers": "false",
        "autonomy_level": "1", "accepts_policy": "on", "version": "1",
    }  # fmt: skip
    return signed_in("owner@example.org").post(LANE, values | changes)


def class_of(actor):
    return queries.legal_class(actor, "minutes").record


def test_the_unit_of_whoever_asks_is_proposed_as_place_and_the_reason_stands_beside_it(asked):
    shown = page(asked)
    assert shown.context["form"]["place"].value() == "Board office"
    assert "Proposed: your unit." in shown.content.decode()
    assert queries.ai_system(asked, "minutes").system.deployment_context == "", "a proposal sets nothing"
    assert sent(shown, place="Board office and secretaries").status_code == 302
    assert queries.ai_system(asked, "minutes").system.deployment_context == "Board office and secretaries"


@pytest.mark.parametrize(
    "changes, why",
    [
        ({"suppliers": ("Scribe Ltd",)}, "same supplier"),
        ({"name": "Room finders"}, "like name"),
        ({"purpose": "Find a free room for our meetings"}, "like purpose"),
    ],
)
def test_a_system_that_is_like_it_lends_its_place_and_says_what_is_alike(asked, changes, why):
    other(asked, deployment_context="Head office, by secretaries", **changes)
    shown = page(asked)
    assert shown.context["form"]["place"].value() == "Head office, by secretaries"
    assert why in shown.content.decode()


def test_the_same_model_is_told_before_the_same_supplier(asked):
    other(asked, suppliers=("Scribe Ltd",), deployment_context="By supplier")
    other(asked, system_id="twin", name="Omega", purpose="Drive cranes", deployment_context="By model")
    for owned in ("minutes", "twin"):
        commands.register_model_version(actor=asked, model=model("one", system_id=owned), now=clock.now())
    found = like_it(asked)
    assert [(one.place, one.reasons[0]) for one in found] == [
        ("By model", "same model"), ("By supplier", "same supplier"),
    ]  # fmt: skip


def test_a_class_is_proposed_with_its_answers_and_set_only_by_a_tick(asked):
    shown = page(asked)
    assert "Class under the EU AI Act, proposed: minimal." in shown.content.decode()
    assert shown.context["form"]["confirms_class"].value() in (None, False, "")
    assert dict(shown.context["proposed"].answers)["roles"] == ("deployer",), "bought, so that we use it"
    assert sent(shown).status_code == 302
    assert class_of(asked) is None, "nobody confirmed it"


def test_a_confirmed_class_waits_for_the_second_person_and_is_derived_from_its_answers(asked, second):
    shown = page(asked)
    assert sent(shown, confirms_class="on").status_code == 302
    record = class_of(asked)
    assert (str(record.found.klass), record.approved) == ("minimal", False)
    assert dict(record.answers.given) == dict(shown.context["proposed"].answers)
    (waiting,) = [one for one in open_proposals(second) if one.entry_id == record.entry_id]
    approve(actor=second, entry_id=waiting.entry_id)
    assert class_of(asked).approved


def test_what_was_not_shown_is_not_confirmed(asked):
    answer = sent(page(asked), confirms_class="on", class_key="0123456789abcdef")
    assert answer.status_code == 422
    assert "something else by now" in answer.content.decode()
    assert class_of(asked) is None and queries.lanes_of(asked, "minutes") == ()


def test_words_near_a_point_of_the_law_an_unknown_role_and_a_stricter_twin_propose_no_class(asked, second):
    record = queries.ai_system(asked, "minutes")

    def why(said, like=()):
        found = proposed_class(
            asked, replace(record, system=said), Around(like, is_classified=False), clock.now().date()
        )
        return found.answers, found.why

    assert why(replace(record.system, purpose="Rank job applicants for recruitment")) == ({}, "words")
    assert why(replace(record.system, suppliers=())) == ({}, "open")
    other(asked, suppliers=("Scribe Ltd",))
    given = {
        "system": ("yes",), "reach": ("yes",), "exclusion": ("none",), "roles": ("deployer",), "practices": ("none",),
        "product": ("none",), "areas": ("none",), "transparency": ("50(1)",), "transparency_exceptions": ("none",),
        "model": ("none",),
    }  # fmt: skip
    made = commands.classify_system(actor=asked, system_id="notes", given=given, now=clock.now())
    approve(actor=second, entry_id=made.entry_id)
    assert why(record.system, like_it(asked)) == ({}, "Letters")
    assert "No class under the EU AI Act is proposed: Letters" in page(asked).content.decode()


def test_a_place_whose_words_come_near_a_point_of_the_law_confirms_no_class(asked):
    answer = sent(page(asked), confirms_class="on", place="HR, to rank job applicants in recruitment")
    assert answer.status_code == 422
    assert "Answer the questions about the EU AI Act" in answer.content.decode()
    assert class_of(asked) is None and queries.lanes_of(asked, "minutes") == ()


def test_a_stricter_class_speaks_against_before_anybody_approved_it_and_lends_no_role(asked):
    other(asked, suppliers=("Scribe Ltd",), ai_role=())
    given = {
        "system": ("yes",), "reach": ("yes",), "exclusion": ("none",), "roles": ("provider",), "practices": ("none",),
        "product": ("none",), "areas": ("III.4a",), "profiling": ("yes",),
    }  # fmt: skip
    commands.classify_system(actor=asked, system_id="notes", given=given, now=clock.now())
    like = like_it(asked)
    assert [(one.klass, one.answers) for one in like] == [("high-risk", {})]
    assert "No class under the EU AI Act is proposed: Letters" in page(asked).content.decode()


def test_a_retired_system_lends_nothing(asked):
    other(asked, suppliers=("Scribe Ltd",), deployment_context="Closed office", stage=Stage.RETIREMENT)
    assert like_it(asked) == ()


def test_what_is_like_it_is_found_in_one_query_and_the_page_asks_ten_times_at_most(
    asked, django_assert_max_num_queries
):
    for number in range(12):
        other(asked, system_id=f"other-{number}", suppliers=("Scribe Ltd",), name=f"Room finder {number}")
    said = queries.ai_system(asked, "minutes").system
    with django_assert_max_num_queries(1):
        assert len(alike(asked, said).like) == 3
    client = signed_in("owner@example.org")
    client.get(LANE)
    with django_assert_max_num_queries(10):
        client.get(LANE)


_LITTLE = {"use_areas": (NO_AREA,), "affects_people": False, "interacts": False, "has_customers": False}


@pytest.mark.parametrize(
    "facts, tier, is_open",
    [
        ({"use_areas": ("credit",), "affects_people": True}, "high", False),
        ({"use_areas": (NO_AREA,), "affects_people": False, "interacts": True}, "limited", False),
        ({"interacts": True}, None, False),  # limited at least, and what is unknown could make it high
        (_LITTLE, "limited", True),  # only as long as nobody says how far it acts alone
        ({**_LITTLE, "autonomy_level": 1}, "minimal", True),
        ({}, None, True),
    ],
)
def test_the_fast_lane_is_offered_only_where_the_tier_is_minimal_or_can_still_become_so(asked, facts, tier, is_open):
    other(asked, "letters", **facts)
    record = queries.ai_system(asked, "letters")
    assert record.tiering.tier == tier
    client, lane = signed_in("owner@example.org"), "/inventory/systems/letters/lane/"
    offered = lane in client.get("/inventory/systems/letters/tier/").content.decode()
    text = client.get(lane).content.decode()
    assert offered is ("Let it through" in text) is is_open
    assert ("the fast lane is closed" in text) is not is_open
