"""Rows and entries are compared both ways, and what has no counterpart is named: T17 and the twin that fits."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.apps import apps
from django.db import connection

from clerestory.registers.context import commands
from clerestory.registers.context.models import Issue, Version
from clerestory.registers.organisation.models import Organisation
from clerestory.store.log.recheck import recheck
from clerestory.store.log.reconcile import OWNERS, columns, count_rows, unmatched
from clerestory.store.models import EntryWord, LogEntry
from tests.organisation import NOW, found
from tests.registers.context.surroundings import REVIEW, issue

TABLE = "context_issue"


@pytest.fixture
def issues(actor, place):
    """Give three issues whose entries have their place; the second was changed once."""
    for text in ("One", "Two", "Three"):
        commands.note_issue(actor=actor, said=issue(text), now=NOW)
    said = replace(issue("Two, and more"), issue_id="issue-2")
    commands.change_issue(actor=actor, said=said, expected_version=1, now=NOW)
    place()
    return list(Issue.objects.order_by("pk"))


def lacks(organisation: str) -> list[tuple[str, str, str, str]]:
    """Return what has no counterpart: code, table, row and entry."""
    return [(str(one.lack), one.table, one.row, one.entry_id) for one in unmatched(organisation)]


def past_the_database(sql: str, *values: object) -> None:
    """Run a statement with the constraints and triggers of the database off, as its administrator can."""
    sqlite = connection.vendor == "sqlite"
    off, on = (
        ("PRAGMA ignore_check_constraints = ON", "PRAGMA ignore_check_constraints = OFF")
        if sqlite
        else ("SET session_replication_role = replica", "SET session_replication_role = origin")
    )
    with connection.cursor() as cursor:
        cursor.execute(off)
        cursor.execute(sql, values)
        cursor.execute(on)


def copied(row: Issue, number: int, entry_id: str) -> str:
    """Write a further row with raw SQL and return its key."""
    names = [field.column for field in Issue._meta.concrete_fields if field.column != "id"]
    taken = {"number": str(number), "entry_id": f"'{entry_id}'"}
    into, values = ", ".join(names), ", ".join(taken.get(name, name) for name in names)
    past_the_database(f"INSERT INTO {TABLE} ({into}) SELECT {values} FROM {TABLE} WHERE id = %s", row.pk)
    return str(Issue.objects.order_by("-pk").values_list("pk", flat=True)[0])


def test_t17_twin_every_row_has_one_entry_and_every_entry_its_row(organisation, issues):
    assert lacks(organisation) == []
    result = recheck(organisation)
    assert (result.misfits, result.rows) == ((), count_rows(organisation))
    assert result.rows == len(issues) + 1  # and the organisation itself


@pytest.mark.parametrize("placed", [True, False])
def test_t17_a_row_whose_entry_was_removed_with_raw_sql_is_named_placed_or_waiting(
    actor, organisation, issues, place, placed
):
    if not placed:
        commands.note_issue(actor=actor, said=issue("Four"), now=NOW)
    row = Issue.objects.order_by("-pk")[0]
    EntryWord.objects.filter(entry__entry_id=row.entry_id).delete()
    past_the_database("DELETE FROM store_logentry WHERE entry_id = %s", row.entry_id)
    assert lacks(organisation) == [("E_MISSING", TABLE, str(row.pk), row.entry_id)]
    found = [misfit for misfit in recheck(organisation).misfits if misfit.code == "E_MISSING"]
    assert [misfit.where for misfit in found] == [row.entry_id]
    assert f"Row {row.pk} of {TABLE}" in found[0].problem


def test_t17_a_row_written_past_the_triggers_that_names_no_entry_is_named(organisation, issues):
    key = copied(issues[0], 9, "")
    assert lacks(organisation) == [("E_UNNAMED", TABLE, key, "")]
    (misfit,) = recheck(organisation).misfits
    assert (misfit.code, misfit.where) == ("E_UNNAMED", f"{TABLE} {key}")


def test_t17_a_row_written_past_the_triggers_that_names_the_entry_of_another_row_is_named_with_that(
    organisation, issues
):
    key = copied(issues[0], 9, issues[0].entry_id)
    shared = issues[0].entry_id
    assert lacks(organisation) == [
        ("E_SHARED", TABLE, str(issues[0].pk), shared),
        ("E_SHARED", TABLE, key, shared),
    ]
    assert {(misfit.code, misfit.where) for misfit in recheck(organisation).misfits} == {("E_SHARED", shared)}


def test_t17_a_row_that_names_an_entry_of_another_kind_an_older_one_or_none_of_this_log_is_named(organisation, issues):
    founding = Organisation.objects.get(pk=organisation).entry_id
    key = copied(issues[0], 9, founding)
    assert lacks(organisation) == [("E_KIND", TABLE, key, founding)]
    other = found("Southlight", email="other@example.org")
    theirs = commands.note_issue(actor=other, said=issue("Theirs"), now=NOW).entry_id
    Issue.objects.filter(pk=key).update(entry_id=theirs)
    assert lacks(organisation) == [("E_MISSING", TABLE, key, theirs)]
    assert lacks(other.organisation_id) == []


def test_an_entry_whose_row_was_deleted_or_put_back_is_named(organisation, issues):
    _first, second, third = issues
    older = LogEntry.objects.filter(entity="context_issue/issue-2").order_by("pk")[0].entry_id
    assert older != second.entry_id
    Issue.objects.filter(pk=second.pk).update(entry_id=older)
    assert lacks(organisation) == [("E_ROWLESS", TABLE, "", second.entry_id)]
    past_the_database(f"DELETE FROM {TABLE} WHERE id = %s", third.pk)
    assert lacks(organisation) == [
        ("E_ROWLESS", TABLE, "", third.entry_id),
        ("E_ROWLESS", TABLE, "", second.entry_id),
    ]
    said = {misfit.where: misfit.problem for misfit in recheck(organisation).misfits}
    assert "register.context_issue" in said[third.entry_id]
    assert TABLE in said[third.entry_id]
    Issue.objects.filter(pk=second.pk).update(entry_id=second.entry_id)
    assert lacks(organisation) == [("E_ROWLESS", TABLE, "", third.entry_id)]


def test_a_deleted_version_is_named_though_a_newer_one_is_there(actor, organisation, issues):
    for _ in range(2):
        commands.review_context(actor=actor, review=REVIEW, now=NOW)
    older, newer = Version.objects.order_by("pk")
    assert lacks(organisation) == []
    entry_id = older.entry_id
    Version.objects.filter(pk=older.pk).delete()
    assert lacks(organisation) == [("E_ROWLESS", "context_version", "", entry_id)]
    assert newer.entry_id != entry_id


def test_a_column_that_waits_for_its_entry_may_be_empty_and_no_other_may():
    waiting = {f"{one.table}.{one.name}" for one in columns() if one.model._meta.get_field(one.name).blank}
    assert waiting <= {
        "incidents_concern.entry_id",
        "incidents_trial.entry_id",
        "inventory_accessreview.entry_id",
        "inventory_likelypair.entry_id",
        "monitoring_monitoralarm.answer_entry_id",
        "monitoring_monitorrun.entry_id",
        "nonconformity_nonconformity.origin_entry_id",
        "packs_handedpack.entry_id",
        "risk_plannedaction.judge_entry_id",
        "risk_task.done_entry_id",
        "risk_trial.entry_id",
    }


def declared() -> Iterator[tuple[str, str]]:
    """Yield what each register says of its columns: application and place."""
    for app in apps.get_app_configs():
        if app.name.startswith(OWNERS):
            for word in ("holds_every", "holds_newest", "holds_some"):
                yield from ((app.label, place) for place in getattr(app, word, {}))


def test_every_place_that_a_register_names_is_a_column_and_every_column_is_named():
    there = {(one.model._meta.app_label, f"{one.model._meta.model_name}.{one.name}"): one for one in columns()}
    assert set(declared()) <= set(there)
    silent = {place for place in there if place not in set(declared())}
    assert silent <= {
        ("desk", "revocation.revoked_entry_id"),
        ("nonconformity", "nonconformity.origin_entry_id"),
        ("packs", "handedpack.entry_id"),
    }


def test_every_kind_of_a_register_lies_in_a_row_or_is_known_to_lie_in_none():
    from clerestory.catalogue.load import load

    held = {kind for one in columns() for kind in one.kinds}
    made = {
        name
        for name, kind in load().kinds.items()
        if any(part.startswith(("registers/", "desk")) for part in kind.producer.split(", "))
    } - load().not_yet_produced.kinds
    assert made - held <= NOWHERE
    assert held - set(load().kinds) == {"*"}


NOWHERE = {"record.change_made", "record.membership", "record.pack", "register.treatment_task"}
"""Entries alone: what was done in a change, memberships and steps of treatment, whose rows name no entry."""
