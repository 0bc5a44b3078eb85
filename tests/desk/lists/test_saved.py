"""A view belongs to one member, can be shared with the organisation, and is nobody else's to change."""

from datetime import UTC, datetime

import pytest

from clerestory.desk.lists.saved import (
    MOST,
    ViewRefused,
    ViewUnknown,
    change_view,
    delete_view,
    save_view,
    saved_views,
)
from clerestory.desk.permit import NotPermitted
from tests.organisation import found

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def save(actor, title="High ones", **said):
    return save_view(actor=actor, list_name="risks", address="?level=high", title=title, at=NOW, **said)


def test_a_view_is_found_again_by_its_owner_in_one_query(actor, django_assert_num_queries):
    made = save(actor)
    with django_assert_num_queries(1):
        assert saved_views(actor, "risks") == (made,)
    assert saved_views(actor, "processes") == ()
    assert (made.title, made.address, made.is_own, made.is_shared, made.by) == (
        "High ones",
        "?level=high",
        True,
        False,
        "",
    )


def test_a_private_view_is_not_there_for_anybody_else(actor, second):
    made = save(actor)
    assert saved_views(second, "risks") == ()
    with pytest.raises(ViewUnknown):
        change_view(actor=second, list_name="risks", view_id=made.view_id, title="Mine now")
    with pytest.raises(ViewUnknown):
        delete_view(actor=second, list_name="risks", view_id=made.view_id)
    assert saved_views(actor, "risks") == (made,)


def test_a_shared_view_names_its_author_and_is_changed_by_them_alone(actor, second, django_assert_num_queries):
    made = save(second, shared=True)
    with django_assert_num_queries(2):
        (seen,) = saved_views(actor, "risks")
    assert (seen.by, seen.is_own, seen.is_shared) == ("Second", False, True)
    with pytest.raises(ViewUnknown):
        change_view(actor=actor, list_name="risks", view_id=made.view_id, title="Other")
    assert delete_view(actor=actor, list_name="risks", view_id=made.view_id) == "High ones"  # an administrator may


def test_an_editor_does_not_delete_what_another_shares(actor, second):
    made = save(actor, shared=True)
    with pytest.raises(ViewUnknown):
        delete_view(actor=second, list_name="risks", view_id=made.view_id)
    assert len(saved_views(second, "risks")) == 1


def test_a_viewer_keeps_views_but_shares_none(member):
    viewer = member("viewer")
    made = save(viewer)
    with pytest.raises(NotPermitted):
        save(viewer, "Shared", shared=True)
    with pytest.raises(NotPermitted):
        change_view(actor=viewer, list_name="risks", view_id=made.view_id, shared=True)
    assert [view.is_shared for view in saved_views(viewer, "risks")] == [False]


def test_views_of_another_organisation_are_not_there(actor):
    made = save(actor, shared=True)
    other = found("Southlight Bank", email="owner@southlight.example")
    assert saved_views(other, "risks") == ()
    with pytest.raises(ViewUnknown):
        delete_view(actor=other, list_name="risks", view_id=made.view_id)


def test_one_view_opens_first_and_a_newer_choice_takes_its_place(actor):
    first, second = save(actor, "One", first=True), save(actor, "Two", first=True)
    assert [view.is_first for view in saved_views(actor, "risks")] == [False, True]
    change_view(actor=actor, list_name="risks", view_id=first.view_id, first=True)
    assert [view.is_first for view in saved_views(actor, "risks")] == [True, False]
    change_view(actor=actor, list_name="risks", view_id=first.view_id, first=False)
    assert not any(view.is_first for view in saved_views(actor, "risks"))
    assert second.is_own


def test_what_opens_first_for_its_author_does_not_for_others(actor, second):
    save(actor, shared=True, first=True)
    (seen,) = saved_views(second, "risks")
    assert not seen.is_first


@pytest.mark.parametrize("title", ["", "   ", "x" * 81, "High ones", "  High   ones "])
def test_a_view_needs_a_short_name_of_its_own(actor, title):
    save(actor)
    with pytest.raises(ViewRefused):
        save(actor, title)
    assert len(saved_views(actor, "risks")) == 1


def test_an_address_that_is_too_long_is_refused(actor):
    with pytest.raises(ViewRefused):
        save_view(actor=actor, list_name="risks", title="Long", address="?q=" + "x" * 3000, at=NOW)


def test_nobody_piles_up_views_without_end(actor):
    for number in range(MOST):
        save(actor, f"View {number}")
    with pytest.raises(ViewRefused):
        save(actor, "One more")


def test_a_view_is_renamed_and_shows_something_else(actor):
    made = save(actor)
    changed = change_view(
        actor=actor, list_name="risks", view_id=made.view_id, title="נוסף <b>", address="?q=x", shared=True
    )
    assert (changed.title, changed.address, changed.is_shared) == ("נוסף <b>", "?q=x", True)
    with pytest.raises(ViewUnknown):
        change_view(actor=actor, list_name="processes", view_id=made.view_id, title="Elsewhere")
