"""The outbox becomes one linear, signed log, and nothing but that log is ever signed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from clerestory.ledger.checkpoint import read_signed_checkpoint
from clerestory.ledger.note import read_note
from clerestory.ledger.sign import SignatureMismatch, verify_note
from clerestory.ledger.tree import verify_inclusion
from clerestory.ledger.vkey import read_vkey
from clerestory.store import evidence, keys, log, sequencer
from clerestory.store.home import SecretExposed
from clerestory.store.keys import KeyMissing, NameUnsafe
from clerestory.store.log.proof import NotSequenced
from clerestory.store.models import LogEntry, LogState, SignedCheckpoint, Tile
from clerestory.store.sequencer.mark import HighWater, MarkUnreadable, read_mark, write_mark
from clerestory.store.sequencer.signing import LogRolledBack
from clerestory.store.unit import atomic
from tests.organisation import NOW
from tests.simulators import merkle
from tests.store.test_evidence import made, write


def fill(organisation: str, count: int, start: int = 0) -> list[evidence.Entry]:
    """Append entries in one transaction."""
    with atomic():
        return [
            evidence.append(made(entity=f"process_run/{start + i}"), organisation_id=organisation, now=NOW)
            for i in range(count)
        ]


def leaves(organisation: str) -> list[bytes]:
    """Return the leaves in the order of their places."""
    rows = LogEntry.objects.filter(organisation_id=organisation, position__gte=0).order_by("position")
    return [bytes(leaf) for leaf in rows.values_list("leaf", flat=True)]


def mark_file(organisation: str) -> Path:
    return settings.CLERESTORY_HOME / "marks" / f"{organisation}.json"


@pytest.mark.parametrize("batches", [(1,), (2, 1, 1), (255, 1, 1), (300, 300)])
def test_the_root_is_that_of_an_independent_tree_whatever_the_batches(organisation, place, batches):
    place()
    count = len(leaves(organisation))
    for size in batches:
        fill(organisation, size, count)
        assert place() == size
        count += size
        state = LogState.objects.get(organisation_id=organisation)
        assert (state.size, state.root) == (count, merkle.tree_hash(leaves(organisation)).hex())


def test_tiles_hold_the_hashes_of_every_leaf_in_place(organisation, place):
    fill(organisation, 600)
    place()
    stored = b"".join(
        bytes(tile.hashes) for tile in Tile.objects.filter(organisation_id=organisation, level=0).order_by("index")
    )
    assert stored == b"".join(merkle.tree_hash([leaf]) for leaf in leaves(organisation))
    assert Tile.objects.filter(organisation_id=organisation, level=1).count() == 1


def test_every_entry_proves_that_it_is_in_the_log_in_few_queries(organisation, place, django_assert_max_num_queries):
    entries = fill(organisation, 700)
    place()
    for entry in entries[::97]:
        with django_assert_max_num_queries(6):
            proof = log.prove(organisation, entry.entry_id)
        verify_inclusion(
            bytes.fromhex(proof.leaf_hash),
            proof.position,
            proof.checkpoint.size,
            [bytes.fromhex(item) for item in proof.path],
            bytes.fromhex(proof.checkpoint.root),
        )


def test_an_entry_without_a_place_has_no_proof(organisation):
    (entry,) = fill(organisation, 1)
    with pytest.raises(NotSequenced):
        log.prove(organisation, entry.entry_id)


def test_the_checkpoint_is_signed_by_the_key_of_the_organisation_over_what_was_committed(organisation, place):
    fill(organisation, 3)
    place()
    signed = log.checkpoint(organisation)
    checkpoint, note = read_signed_checkpoint(signed.note.encode())
    key = read_vkey(keys.verifier_key(organisation))
    assert verify_note(note, [key]) == (key,)
    assert (checkpoint.origin, checkpoint.size) == (f"clerestory.local/{organisation}", 5)
    assert checkpoint.root == merkle.tree_hash(leaves(organisation))
    assert read_mark(organisation) == HighWater(5, checkpoint.root.hex())
    forged = read_note(signed.note.replace("\n5\n", "\n6\n").encode())
    with pytest.raises(SignatureMismatch):
        verify_note(forged, [key])


def test_running_again_changes_nothing(organisation, place):
    fill(organisation, 3)
    place()
    before = list(SignedCheckpoint.objects.filter(organisation_id=organisation).values())
    assert place() == 0
    assert list(SignedCheckpoint.objects.filter(organisation_id=organisation).values()) == before


def test_places_follow_presence_in_the_outbox_not_the_largest_id(organisation, place):
    first, second, third = fill(organisation, 3)
    LogEntry.objects.filter(entry_id=second.entry_id).update(position=10_000)
    place()
    LogEntry.objects.filter(entry_id=second.entry_id).update(position=None)
    place()
    places = dict(LogEntry.objects.filter(organisation_id=organisation).values_list("entry_id", "position"))
    assert places[second.entry_id] == max(places.values()) > places[third.entry_id] > places[first.entry_id]


def test_each_organisation_has_its_own_log_and_key(organisation, place):
    from tests.organisation import found

    other = found("Southlight", email="south@example.org").organisation_id
    place()
    sequencer.sequence(other)
    assert keys.verifier_key(organisation) != keys.verifier_key(other)
    assert log.checkpoint(organisation).root != log.checkpoint(other).root


def test_start_up_places_what_a_crash_left_behind(organisation):
    fill(organisation, 2)
    assert sequencer.catch_up() == {}
    assert not LogEntry.objects.filter(position=None).exists()
    assert log.checkpoint(organisation).size == 4


def test_a_key_is_readable_by_its_owner_alone_and_one_that_others_can_read_is_refused(organisation, place):
    place()
    path = keys.key_path(organisation)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    fill(organisation, 1)
    with pytest.raises(SecretExposed, match="chmod 600"):
        place()
    path.chmod(0o600)
    place()
    assert log.checkpoint(organisation).size == 3


def test_a_lost_key_is_never_replaced_by_a_new_one(organisation, place):
    place()
    keys.key_path(organisation).unlink()
    fill(organisation, 1)
    with pytest.raises(KeyMissing):
        place()
    assert not keys.key_path(organisation).exists()


def test_an_organisation_id_that_would_leave_the_folder_is_refused():
    with pytest.raises(NameUnsafe):
        keys.key_path("../secret")


def test_an_older_database_signs_nothing(organisation, place):
    fill(organisation, 3)
    place()
    write_mark(organisation, replace(read_mark(organisation), size=9))
    fill(organisation, 1)
    with pytest.raises(LogRolledBack, match="9 were signed"):
        place()
    assert log.checkpoint(organisation).size == 5
    assert [type(problem) for problem in sequencer.catch_up().values()] == [LogRolledBack]


def test_a_log_that_does_not_begin_with_what_was_signed_signs_nothing(organisation, place):
    fill(organisation, 3)
    place()
    write_mark(organisation, HighWater(4, "00" * 32))
    fill(organisation, 1)
    with pytest.raises(LogRolledBack, match="first 4 entries"):
        place()


def test_a_mark_that_cannot_be_read_is_no_reason_to_go_on(organisation, place):
    place()
    mark_file(organisation).write_text(json.dumps({"size": "many"}))
    with pytest.raises(MarkUnreadable):
        place()


@pytest.mark.django_db(transaction=True)
def test_the_log_is_placed_and_signed_after_the_commit_of_the_record():
    from tests.organisation import found

    actor = found()
    assert log.checkpoint(actor.organisation_id).size == 2
    entry = write(actor.organisation_id, made())
    assert log.entry(actor.organisation_id, entry.entry_id).position == 2
    assert log.checkpoint(actor.organisation_id).size == 3


@pytest.mark.django_db(transaction=True)
def test_ten_entries_in_one_transaction_are_placed_by_one_run():
    from tests.organisation import found

    actor = found()
    with atomic():
        for number in range(10):
            evidence.append(made(entity=f"process_run/{number}"), organisation_id=actor.organisation_id, now=NOW)
        assert len(connection.run_on_commit) == 1
    assert SignedCheckpoint.objects.filter(organisation_id=actor.organisation_id).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_log_that_cannot_be_signed_keeps_the_record_and_its_place():
    from tests.organisation import found

    actor = found()
    write_mark(actor.organisation_id, HighWater(99, "00" * 32))
    entry = write(actor.organisation_id, made())
    assert log.entry(actor.organisation_id, entry.entry_id).position == 2
    assert log.checkpoint(actor.organisation_id).size == 2
