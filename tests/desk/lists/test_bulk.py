"""A step for many rows is taken for all of them or for none, and only by who may."""

import pytest

from clerestory.desk.lists.bulk import (
    MOST,
    Bulk,
    BulkRefused,
    BulkUnknown,
    Pick,
    chosen_rows,
    chosen_step,
    offered,
    run_step,
)
from clerestory.desk.models import SavedView
from clerestory.desk.permit import NotPermitted
from clerestory.store import clock


def keep(actor, ids):
    """Write one row for each id, and stop at the one that is bad."""
    for name in ids:
        if name == "bad":
            raise BulkRefused("This one cannot be kept.", "Leave it out.")
        SavedView.objects.create(
            organisation_id=actor.organisation_id,
            person_id=actor.person_id,
            list_name="kept",
            title=name,
            address="?",
            saved_at=clock.now(),
        )
    return len(ids)


KEEP = Bulk("keep", "Keep", keep)


def test_a_step_says_how_many_it_changed(actor):
    assert run_step(actor, KEEP, ("a", "b")) == 2
    assert SavedView.objects.filter(list_name="kept").count() == 2


def test_one_refusal_undoes_the_whole_step(actor):
    with pytest.raises(BulkRefused):
        run_step(actor, KEEP, ("a", "bad", "c"))
    assert not SavedView.objects.filter(list_name="kept").exists()


def test_rows_are_chosen_once_each_and_never_more_than_a_page():
    assert chosen_rows(["a", "", "a", "b"]) == ("a", "b")
    for nothing in ([], [""]):
        with pytest.raises(BulkRefused):
            chosen_rows(nothing)
    with pytest.raises(BulkRefused):
        chosen_rows([str(number) for number in range(MOST + 1)])


def test_only_who_may_is_offered_a_step_and_only_they_take_it(actor, member):
    viewer = member("viewer")
    assert offered(actor, (KEEP,), "kept") == (KEEP,)
    assert offered(viewer, (KEEP,), "kept") == ()
    assert chosen_step(actor, (KEEP,), "keep", "kept") is KEEP
    for name in ("keep", "no such step"):
        with pytest.raises(NotPermitted):
            chosen_step(viewer, (KEEP,), name, "kept")
    with pytest.raises(BulkUnknown):
        chosen_step(actor, (KEEP,), "drop", "kept")


def test_only_what_is_offered_is_picked(actor):
    seen = []
    step = Bulk("give", "Give", lambda _actor, ids, to: seen.append((ids, to)) or 1, pick=Pick("To", [("x", "X")]))
    assert step.asks
    assert run_step(actor, step, ("a",), "x") == 1
    for other in ("", "y"):
        with pytest.raises(BulkRefused):
            run_step(actor, step, ("a",), other)
    assert seen == [(("a",), "x")]
