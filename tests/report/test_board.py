"""The board: derived as of a moment, narrowed without hiding anything, honest about other frameworks."""

from datetime import timedelta

import pytest

from clerestory.desk.actor import Actor
from clerestory.desk.permit import NotPermitted
from clerestory.report.board import HOME, FrameworkUnknown, Narrowing, board, narrow
from clerestory.store import clock
from clerestory.terms.ids import FrameworkId
from clerestory.terms.status import Conformity
from tests.web.conftest import Place, result, system_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_requirement_stands_on_the_board_with_a_status_and_what_is_missing(furnished: Place) -> None:
    shown = board(furnished.actor("viewer"), HOME, at=clock.now(), live=True)
    assert len(shown.rows) == 70
    assert sum(shown.counts.values()) == 70
    for row in shown.rows:
        assert row.conformity is not None
        assert row.missing or row.conformity in (Conformity.CONFORMS, Conformity.NOT_APPLICABLE)


def test_a_board_tells_what_this_version_can_prove_from_what_it_cannot(furnished: Place) -> None:
    shown = board(furnished.actor("viewer"), HOME, at=clock.now(), live=True)
    provable, rest = narrow(shown, Narrowing(provable="yes")), narrow(shown, Narrowing(provable="no"))
    assert len(provable.rows) + len(rest.rows) == len(shown.rows)
    assert len(rest.rows) == shown.not_provable > 0
    assert provable.counts == shown.provable == provable.provable


def test_an_empty_organisation_conforms_to_nothing(place: Place) -> None:
    shown = board(place.actor("viewer"), HOME, at=clock.now(), live=True)
    assert shown.counts[Conformity.CONFORMS] == 0


def test_a_failing_check_shows_on_the_next_look_without_anybody_writing_a_status(place: Place) -> None:
    system_of(place)
    actor = place.actor("viewer")
    assert board(actor, HOME, at=clock.now(), live=True).counts[Conformity.NONCONFORMING] == 0
    result(place, "fairness.selection-rate-ratio", ">= 0.8", "FAIL", 0.5, 0.02, days_ago=0)
    assert board(actor, HOME, at=clock.now(), live=True).counts[Conformity.NONCONFORMING] > 0
    past = board(actor, HOME, at=clock.now() - timedelta(days=300))
    assert (past.counts[Conformity.NONCONFORMING], past.entries) == (0, 0)


def test_a_board_as_of_now_is_the_same_judged_anew_or_from_the_last_judgement(furnished: Place) -> None:
    actor, at = furnished.actor("viewer"), clock.now()
    board(actor, HOME, at=at, live=True)
    result(furnished, "fairness.demographic-parity", "<= 0.1", "FAIL", 0.3, 0.02, days_ago=0)
    at = clock.now()
    assert board(actor, HOME, at=at, live=True).groups == board(actor, HOME, at=at).groups


@pytest.mark.parametrize(
    "by",
    [
        Narrowing(text="A.7.4"),
        Narrowing(conformity="NOT_EVIDENCED"),
        Narrowing(group="A.7 Data for AI systems"),
        Narrowing(evidence_class="technical"),
        Narrowing(provable="yes"),
        Narrowing(provable="no"),
        Narrowing(text="data quality", conformity="NOT_EVIDENCED", group="A.7 Data for AI systems"),
    ],
)
def test_narrowing_keeps_exactly_the_rows_that_fit(furnished: Place, by: Narrowing) -> None:
    whole = board(furnished.actor("viewer"), HOME, at=clock.now())
    kept = narrow(whole, by)
    assert 0 < len(kept.rows) < 70
    assert set(kept.rows) <= set(whole.rows)
    for row in kept.rows:
        assert not by.conformity or row.conformity == by.conformity
        assert not by.group or row.group == by.group
    assert narrow(whole, Narrowing()).rows == whole.rows


@pytest.mark.parametrize("framework", ["iso27001-2022", "iso9001-2015", "nist-ai-rmf-1.0", "eu-ai-act", "nis2", "dora"])
def test_another_framework_shows_what_can_be_used_again_and_derives_no_status(furnished: Place, framework: str) -> None:
    shown = board(furnished.actor("viewer"), FrameworkId(framework), at=clock.now())
    assert not shown.framework.judged
    assert shown.rows
    assert all(row.conformity is None for row in shown.rows)
    assert any(row.reused_need for row in shown.rows)
    assert all(row.reused_have <= row.reused_need for row in shown.rows)


def test_a_superseded_edition_says_what_superseded_it(place: Place) -> None:
    shown = board(place.actor("viewer"), FrameworkId("iso9001-2015"), at=clock.now())
    assert shown.superseded_by


def test_a_framework_that_the_catalogue_does_not_have_is_refused(place: Place) -> None:
    with pytest.raises(FrameworkUnknown):
        board(place.actor("viewer"), FrameworkId("iso42"), at=clock.now())


def test_the_evidence_of_one_organisation_moves_no_status_of_another(furnished: Place, elsewhere: Place) -> None:
    assert board(elsewhere.actor("viewer"), HOME, at=clock.now()).counts[Conformity.NONCONFORMING] == 0


def test_who_may_not_read_sees_no_board(place: Place) -> None:
    nobody = Actor(
        organisation_id=place.organisation_id, person_id=place.actor().person_id, user_id=None, access="none"
    )
    with pytest.raises(NotPermitted):
        board(nobody, HOME, at=clock.now())


def test_a_requirement_that_this_version_cannot_prove_is_marked_and_not_evidenced(furnished: Place) -> None:
    shown = board(furnished.actor("viewer"), HOME, at=clock.now())
    marked = [row for row in shown.rows if row.not_provable]
    assert len(marked) == shown.not_provable > 0
    assert {row.conformity for row in marked} <= {Conformity.NOT_EVIDENCED, Conformity.NONCONFORMING}
