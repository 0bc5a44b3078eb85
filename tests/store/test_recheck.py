"""Whoever edits the database is found out, and what was edited is named."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from clerestory.store import evidence, keys, log
from clerestory.store.log.recheck import Rechecked, recheck
from clerestory.store.models import EntryWord, LogEntry, LogState, Payload, SignedCheckpoint, Tile
from clerestory.store.sequencer.mark import HighWater, write_mark
from clerestory.store.unit import atomic
from clerestory.terms.evidence import Content
from tests.organisation import NOW
from tests.simulators import merkle
from tests.store.test_evidence import BY, made, write
from tests.store.test_sequencer import fill, leaves


@pytest.fixture
def filled(organisation, place):
    """Give the id of an entry with content in the middle of a placed log."""
    fill(organisation, 2)
    entry = write(organisation, made(content=Content(b"the report", "text/plain")))
    fill(organisation, 2, 10)
    place()
    return entry.entry_id


def looked(organisation: str) -> Rechecked:
    """Read the log again. The runs of processes of these tests lie in no row; that alone is left out."""
    result = recheck(organisation)
    return replace(result, misfits=tuple(misfit for misfit in result.misfits if misfit.code != "E_ROWLESS"))


def codes(organisation: str) -> set[tuple[str, str]]:
    """Return what does not fit and where."""
    return {(misfit.code, misfit.where) for misfit in looked(organisation).misfits}


def row(entry_id: str) -> LogEntry:
    return LogEntry.objects.select_related("facts", "content").get(entry_id=entry_id)


def test_an_untouched_log_fits(organisation, filled):
    result = looked(organisation)
    assert (result.size, result.outbox, result.checkpoints, result.misfits) == (7, 0, 1, ())
    assert result.root == merkle.tree_hash(leaves(organisation)).hex()
    fill(organisation, 1, 20)
    assert recheck(organisation).outbox == 1
    assert codes(organisation) == set()


def test_an_erasure_that_was_logged_fits_and_one_that_was_not_is_named(organisation, filled, place):
    with atomic():
        evidence.erase([filled], ground="GDPR Art. 17", person=BY, organisation_id=organisation, now=NOW)
    place()
    assert codes(organisation) == set()
    other = write(organisation, made(content=Content(b"gone", "text/plain")))
    place()
    Payload.objects.filter(pk=row(other.entry_id).content_id).update(body=None, erased_at=NOW)
    assert codes(organisation) == {("E_CONTENT", other.entry_id)}


def test_edited_facts_are_named(organisation, filled):
    body = bytes(row(filled).facts.body).replace(b'"completed"', b'"stopped"')
    Payload.objects.filter(pk=row(filled).facts_id).update(body=body)
    assert codes(organisation) == {("E_FACTS", filled)}


def test_edited_content_is_named(organisation, filled):
    Payload.objects.filter(pk=row(filled).content_id).update(body=b"The report")
    assert codes(organisation) == {("E_CONTENT", filled)}


def test_content_of_another_entry_is_named(organisation, filled):
    other = write(organisation, made(content=Content(b"other", "text/plain")))
    LogEntry.objects.filter(entry_id=filled).update(content=row(other.entry_id).content_id)
    assert codes(organisation) == {("E_CONTENT", filled)}


def test_an_edited_leaf_is_named_and_breaks_the_tree(organisation, filled):
    leaf = bytes(row(filled).leaf).replace(b"person-1", b"person-2")
    LogEntry.objects.filter(entry_id=filled).update(leaf=leaf)
    assert codes(organisation) == {
        ("E_LEAF", filled),
        ("E_ROOT", "state"),
        ("E_TILE", "tile 0/0"),
        ("E_ROOT", "checkpoint 7"),
        ("E_MARK", "high-water mark"),
    }


def test_a_rewrite_of_leaf_hash_state_and_tiles_is_given_away_by_checkpoint_and_mark(organisation, filled):
    leaf = bytes(row(filled).leaf).replace(b"person-1", b"person-2")
    LogEntry.objects.filter(entry_id=filled).update(leaf=leaf, leaf_hash=merkle.tree_hash([leaf]).hex())
    hashes = b"".join(merkle.tree_hash([item]) for item in leaves(organisation))
    Tile.objects.filter(organisation_id=organisation, level=0).update(hashes=hashes)
    LogState.objects.filter(organisation_id=organisation).update(root=merkle.tree_hash(leaves(organisation)).hex())
    assert codes(organisation) == {("E_ROOT", "checkpoint 7"), ("E_MARK", "high-water mark")}


def test_a_log_that_was_cut_is_given_away(organisation, filled):
    EntryWord.objects.filter(entry__position=6).delete()
    LogEntry.objects.filter(organisation_id=organisation, position=6).delete()
    found = codes(organisation)
    assert {("E_SIZE", "state"), ("E_SIZE", "checkpoint 7"), ("E_MARK", "high-water mark")} <= found


def test_two_entries_that_changed_places_are_named(organisation, filled):
    LogEntry.objects.filter(organisation_id=organisation, position=2).update(position=99)
    LogEntry.objects.filter(organisation_id=organisation, position=3).update(position=2)
    LogEntry.objects.filter(organisation_id=organisation, position=99).update(position=3)
    assert {("E_ROOT", "state"), ("E_ROOT", "checkpoint 7")} <= codes(organisation)


def test_a_gap_is_named(organisation, filled):
    LogEntry.objects.filter(entry_id=filled).update(position=50)
    assert any(code == "E_ORDER" for code, _ in codes(organisation))


def test_an_edited_checkpoint_is_named(organisation, filled):
    note = SignedCheckpoint.objects.get(organisation_id=organisation).note
    SignedCheckpoint.objects.filter(organisation_id=organisation).update(note=note.replace("\n7\n", "\n6\n"))
    assert ("E_SIG", "checkpoint 7") in codes(organisation)


def test_a_checkpoint_of_another_key_is_named(organisation, filled):
    path = keys.key_path(organisation)
    path.unlink()
    note = SignedCheckpoint.objects.get(organisation_id=organisation)
    SignedCheckpoint.objects.all().delete()
    keys.signing_key(organisation)
    note.save()
    assert codes(organisation) == {("E_SIG", "checkpoint 7")}


def test_a_missing_key_and_a_higher_mark_are_named(organisation, filled):
    keys.key_path(organisation).unlink()
    write_mark(organisation, HighWater(9, "00" * 32))
    assert codes(organisation) == {("E_KEY", "signing key"), ("E_MARK", "high-water mark")}


@pytest.mark.parametrize(
    "column, value",
    [
        ("verdict", "PASS"),
        ("actor", "nobody"),
        ("subject_kind", "agent"),
        ("subject_id", "other"),
        ("entity", "other/1"),
        ("received_at", NOW - timedelta(days=900)),
        ("observed_at", NOW - timedelta(days=900)),
    ],
)
def test_an_edited_column_of_the_search_is_named(organisation, filled, column, value):
    LogEntry.objects.filter(entry_id=filled).update(**{column: value})
    (misfit,) = looked(organisation).misfits
    assert (misfit.code, misfit.where) == ("E_COLUMN", filled)
    assert column in misfit.problem


def test_a_mark_or_checkpoints_that_are_missing_are_named(organisation, filled):
    mark = settings.CLERESTORY_HOME / "marks" / f"{organisation}.json"
    kept = mark.read_bytes()
    mark.unlink()
    assert codes(organisation) == {("E_MARK", "high-water mark")}
    SignedCheckpoint.objects.filter(organisation_id=organisation).delete()
    assert codes(organisation) == {("E_SIG", "checkpoints")}
    mark.write_bytes(kept)
    assert codes(organisation) == {("E_SIG", "checkpoints")}
    mark.write_text("{}")
    assert codes(organisation) == {("E_SIG", "checkpoints"), ("E_MARK", "high-water mark")}


@pytest.mark.sqlite
def test_bytes_that_were_replaced_by_text_are_named(organisation, filled):
    found = row(filled)
    for table, column, key in (
        ("store_payload", "body", found.facts_id),
        ("store_payload", "body", found.content_id),
        ("store_logentry", "leaf", found.pk),
        ("store_tile", "hashes", Tile.objects.get(organisation_id=organisation, level=0).pk),
    ):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [key])
            kept = cursor.fetchone()[0]
            cursor.execute(f"UPDATE {table} SET {column} = 'text' WHERE id = %s", [key])
            assert codes(organisation), (table, column)
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [kept, key])
    assert codes(organisation) == set()


def test_a_record_whose_entry_was_deleted_is_named_placed_or_waiting(organisation, filled):
    assert codes(organisation) == set()
    rows = LogEntry.objects.filter(organisation_id=organisation)
    founding = rows.get(kind="register.organisation")
    rows.filter(pk=founding.pk).update(position=None)
    assert "E_MISSING" not in {code for code, _ in codes(organisation)}
    EntryWord.objects.filter(entry=founding).delete()
    founding.delete()
    assert ("E_MISSING", founding.entry_id) in codes(organisation)


def test_the_state_of_a_log_says_what_is_signed_and_what_waits(organisation, filled, django_assert_max_num_queries):
    fill(organisation, 3, 20)
    with django_assert_max_num_queries(5):
        status = log.status(organisation)
    assert (status.size, status.signed_size, status.outbox, status.problem) == (7, 7, 3, "")
    assert status.origin == f"clerestory.local/{organisation}"
    assert status.unwitnessed_since == NOW
    mark = settings.CLERESTORY_HOME / "marks" / f"{organisation}.json"
    mark.write_text(json.dumps({"size": 9, "root": "00"}))
    assert "9 were signed" in log.status(organisation).problem
