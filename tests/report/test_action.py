"""Which five of many actions a person sees, and in which order."""

from dataclasses import replace
from datetime import date, timedelta

from clerestory.report.action import ALL, MOST, Action, ordered

TODAY = date(2026, 11, 21)


def action(topic: str, title: str, due_in: int | None = None) -> Action:
    due = None if due_in is None else TODAY + timedelta(days=due_in)
    return Action(topic=topic, title=title, url="/x/", why="because", label="Open", due_on=due)


def titles(*actions: Action) -> list[str]:
    return [one.title for one in ordered(actions, TODAY)[0]]


def test_what_is_late_comes_first_the_latest_ahead_of_all() -> None:
    shown = titles(action("repair", "fails"), action("risk", "late", -3), action("soon", "very late", -30))
    assert shown == ["very late", "late", "fails"]


def test_what_is_not_late_is_ordered_by_weight_and_then_by_its_day() -> None:
    shown = titles(
        action("soon", "ages", 2),
        action("approve", "approve"),
        action("nonconformity", "later", 9),
        action("nonconformity", "sooner", 4),
        action("repair", "fails"),
    )
    assert shown == ["sooner", "later", "fails", "approve", "ages"]


def test_today_is_not_late() -> None:
    assert [one.late for one in ordered([action("risk", "today", 0), action("risk", "gone", -1)], TODAY)[0]] == [
        True,
        False,
    ]


def test_never_more_than_five_are_shown_and_the_others_are_counted_on_the_last_of_their_sort() -> None:
    many = [action("repair", f"r{number}") for number in range(7)]
    shown, total = ordered([*many, action("approve", "a"), action("soon", "s", 3)], TODAY)
    assert total == 9
    assert [one.title for one in shown] == ["r0", "r1", "r2", "a", "s"]
    assert [one.more for one in shown] == [0, 0, 4, 0, 0]
    assert len(shown) == MOST


def test_sorts_share_the_five_before_one_fills_them() -> None:
    several = [action(topic, f"{topic}{number}") for topic in ("repair", "approve", "soon") for number in range(3)]
    assert titles(*several) == ["repair0", "repair1", "approve0", "approve1", "soon0"]


def test_many_approvals_of_one_kind_hide_none_of_another_kind() -> None:
    decisions = [replace(action("approve", f"A.{number}"), sort="record.decision") for number in range(38)]
    shown, total = ordered([*decisions, replace(action("approve", "a version"), sort="record.statement")], TODAY)
    assert "a version" in [one.title for one in shown]
    assert (total, sum(one.more for one in shown)) == (39, 34)


def test_whoever_asks_for_all_is_shown_all() -> None:
    many = [action("repair", f"r{number}") for number in range(7)]
    shown, total = ordered([*many, action("approve", "a")], TODAY, most=ALL)
    assert (len(shown), total) == (8, 8)
    assert not any(one.more for one in shown)


def test_steps_of_the_beginning_keep_their_order_whatever_they_are_called() -> None:
    assert titles(action("next", "z"), action("next", "a")) == ["z", "a"]
