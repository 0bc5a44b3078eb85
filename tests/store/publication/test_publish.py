"""A published log is verified with nothing but its files, and shows no more than was signed and seen."""

import shutil
from base64 import b64encode
from datetime import timedelta

import pytest
from django.conf import settings

from clerestory.intake.witnessing.ask import ask
from clerestory.jobs.upkeep import publications_wait, publish_logs
from clerestory.ledger import sign
from clerestory.ledger.checkpoint import read_signed_checkpoint
from clerestory.ledger.exchange.proof import read_proof
from clerestory.ledger.leaf import read_leaf
from clerestory.ledger.tile import read_bundle
from clerestory.ledger.tree import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    range_hash,
    verify_consistency,
    verify_inclusion,
)
from clerestory.ledger.vkey import read_vkey
from clerestory.store import keys, log
from clerestory.store.log.cosigned import take_policy
from clerestory.store.models import LogEntry, Payload
from clerestory.store.publication.publish import NotPublished, is_behind, publish
from clerestory.store.sequencer import sequence
from clerestory.store.sequencer.published import PublicationAltered, read
from clerestory.store.sequencer.signing import LogRolledBack
from tests.intake.witnessing.test_ask import policy
from tests.organisation import NOW
from tests.simulators import merkle
from tests.simulators.witnessed import nearby
from tests.store.test_sequencer import fill, leaves

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.CLERESTORY_HOME = tmp_path / "home"
    (tmp_path / "home").mkdir(mode=0o700)
    settings.PUBLISH = tmp_path / "public"
    return settings.PUBLISH


def grow(organisation: str, size: int) -> None:
    """Place entries until the log has this size."""
    have = log.status(organisation).size
    fill(organisation, size - have - log.status(organisation).outbox, have)
    sequence(organisation)
    assert log.status(organisation).size == size


def names(folder) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "sizes, pieces",
    [
        ((5,), {"tile/entries/000.p/5", "tile/0/000.p/5"}),
        ((5, 255), {"tile/entries/000.p/5", "tile/0/000.p/5", "tile/entries/000.p/255", "tile/0/000.p/255"}),
        ((255, 256), {"tile/entries/000", "tile/0/000", "tile/1/000.p/1"}),
        ((256, 257), {"tile/entries/000", "tile/0/000", "tile/1/000.p/1", "tile/entries/001.p/1", "tile/0/001.p/1"}),
        ((5, 600), {"tile/entries/000", "tile/0/000", "tile/entries/001", "tile/0/001", "tile/1/000.p/2",
                    "tile/entries/002.p/88", "tile/0/002.p/88"}),
    ],
)  # fmt: skip
def test_a_reader_of_the_files_alone_finds_every_leaf_and_builds_every_proof(organisation, folder, sizes, pieces):
    for size in sizes:
        grow(organisation, size)
        assert publish(organisation) == size
    there = folder / organisation
    assert names(there) == pieces | {"checkpoint"}
    held = read(there)
    key = read_vkey(keys.verifier_key(organisation))
    assert sign.verify_note(held.note, [key]) == (key,)
    found = list(held.leaves())
    assert found == leaves(organisation)
    size, root = held.checkpoint.size, held.checkpoint.root
    assert root == merkle.tree_hash(found)
    for place in range(0, size, 37):
        verify_inclusion(leaf_hash(found[place]), place, size, inclusion_proof(place, size, held.nodes()), root)
    for old in range(1, size, 41):
        path = consistency_proof(old, size, held.nodes())
        verify_consistency(old, size, path, merkle.tree_hash(found[:old]), root)


def test_a_proof_of_an_entry_and_an_older_checkpoint_are_checked_against_the_files_alone(organisation, folder):
    grow(organisation, 300)
    publish(organisation)
    older = (folder / organisation / "checkpoint").read_bytes()
    entry = LogEntry.objects.get(organisation_id=organisation, position=7)
    proof = read_proof(log.proof_file(organisation, entry.entry_id))
    grow(organisation, 700)
    publish(organisation)
    held = read(folder / organisation)
    was, _ = read_signed_checkpoint(older)
    assert range_hash(0, 300, held.nodes(300)) == was.root
    path = consistency_proof(300, 700, held.nodes())
    verify_consistency(300, 700, path, was.root, held.checkpoint.root)
    assert inclusion_proof(7, 300, held.nodes(300)) == proof.path
    bundle = read_bundle((folder / organisation / "tile/entries/000").read_bytes())
    assert bundle[7] == bytes(entry.leaf) == proof.extra


def test_what_is_published_are_leaves_with_commitments_and_no_payload(organisation, folder):
    grow(organisation, 9)
    publish(organisation)
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for leaf in read(folder / organisation).leaves():
        assert read_leaf(leaf).facts.startswith("sha256:")
    bodies = [bytes(payload.body) for payload in Payload.objects.filter(organisation_id=organisation)]
    assert len(bodies) >= 9
    assert not [body for body in bodies if body in everything]


def test_without_the_setting_nothing_is_written_and_nothing_waits(organisation, folder, django_assert_num_queries):
    settings.PUBLISH = None
    grow(organisation, 4)
    with django_assert_num_queries(0):
        assert publish(organisation) == 0
        assert not publications_wait(SOON)
    assert not folder.exists()


def test_the_job_publishes_what_waits_and_then_rests(organisation, folder):
    grow(organisation, 4)
    assert publications_wait(SOON)
    publish_logs()
    assert not publications_wait(SOON)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    publish_logs()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    grow(organisation, 5)
    assert publications_wait(SOON)


def test_publication_waits_for_the_quorum_and_shows_its_lines(organisation, folder, tmp_path):
    grow(organisation, 4)
    own = read_vkey(keys.verifier_key(organisation))
    with nearby(tmp_path / "w", own) as there, nearby(tmp_path / "v", own, name="late.example/w") as late:
        text = policy("both", auditor=there, late=("http://127.0.0.1:9", late[1]))
        both = text.replace(b"quorum both", b"group both all auditor late\nquorum both")
        take_policy(organisation, both)
        assert ask(organisation, now=SOON) == 1
        assert publish(organisation) == 0
        assert not is_behind(organisation)
        assert not folder.exists()
        take_policy(organisation, both.replace(b"http://127.0.0.1:9", late[0].encode()))
        assert ask(organisation, now=SOON + timedelta(hours=1)) == 1
        assert publish(organisation) == 4
        note = read(folder / organisation).note
        assert len(sign.verify_cosignatures(note, [there[1].key, late[1].key])) == 2
        grow(organisation, 6)
        assert publish(organisation) == 4
        ask(organisation, now=SOON + timedelta(hours=2))
        assert publish(organisation) == 6


def test_a_witness_that_the_quorum_does_not_name_holds_nothing_up_and_its_line_comes_later(
    organisation, folder, tmp_path
):
    grow(organisation, 4)
    with nearby(tmp_path / "w", read_vkey(keys.verifier_key(organisation))) as there:
        take_policy(organisation, policy("none", auditor=there))
        assert publish(organisation) == 4
        assert len(read(folder / organisation).note.signatures) == 1
        ask(organisation, now=SOON)
        assert publish(organisation) == 4
        assert len(read(folder / organisation).note.signatures) == 2


def test_a_log_that_lacks_what_was_published_signs_nothing_more_and_publishes_nothing(organisation, folder):
    grow(organisation, 5)
    publish(organisation)
    key = keys.signing_key(organisation)
    longer = [*leaves(organisation), b"{}", b"{}"]
    forged = folder / organisation / "checkpoint"
    older = forged.read_bytes()
    text = f"clerestory.local/{organisation}\n7\n"
    forged.write_bytes(sign.sign_note(text + b64encode(merkle.tree_hash(longer)).decode() + "\n", key))
    fill(organisation, 1, 50)
    with pytest.raises(LogRolledBack, match="7 that are published"):
        sequence(organisation)
    with pytest.raises(LogRolledBack, match="7 that are published"):
        publish(organisation)
    assert "7 that are published" in log.status(organisation).problem
    fill(organisation, 3, 60)
    with pytest.raises(LogRolledBack, match="9 entries and does not begin with the 7"):
        sequence(organisation)
    assert log.checkpoint(organisation).size == 5
    forged.write_bytes(older)
    sequence(organisation)
    assert publish(organisation) == 9


@pytest.mark.parametrize("wrong", ["noise", "stranger", "other log"])
def test_a_checkpoint_that_the_log_never_signed_stops_the_publication_and_not_the_log(organisation, folder, wrong):
    grow(organisation, 5)
    publish(organisation)
    path = folder / organisation / "checkpoint"
    stranger = sign.generate_key(f"clerestory.local/{organisation}")
    line = "A" * 43 + "=\n"
    path.write_bytes(
        {
            "noise": b"\xff not a note",
            "stranger": sign.sign_note(f"clerestory.local/{organisation}\n99\n{line}", stranger),
            "other log": sign.sign_note(f"clerestory.local/else\n99\n{line}", stranger),
        }[wrong]
    )
    grow(organisation, 6)
    with pytest.raises(PublicationAltered, match="checkpoint"):
        publish(organisation)
    assert log.checkpoint(organisation).size == 6
    shutil.rmtree(folder / organisation)
    assert publish(organisation) == 6


def test_a_row_that_is_no_longer_what_its_tile_says_is_not_published(organisation, folder):
    grow(organisation, 5)
    LogEntry.objects.filter(organisation_id=organisation, position=3).update(leaf=b"{}")
    with pytest.raises(PublicationAltered, match=r"000\.p/5"):
        publish(organisation)
    assert not (folder / organisation / "checkpoint").exists()


def test_a_folder_that_takes_no_files_leaves_the_log_as_it_is(organisation, folder):
    folder.write_text("in the way")
    grow(organisation, 5)
    with pytest.raises(NotPublished, match="cannot be published"):
        publish(organisation)
    assert log.checkpoint(organisation).size == 5
    folder.unlink()
    assert publish(organisation) == 5


def test_a_leaf_changed_in_a_published_bundle_is_noticed_by_its_reader(organisation, folder):
    grow(organisation, 300)
    publish(organisation)
    path = folder / organisation / "tile/entries/000"
    body = bytearray(path.read_bytes())
    body[40] ^= 1
    path.write_bytes(body)
    with pytest.raises(PublicationAltered, match="checkpoint"):
        list(read(folder / organisation).leaves())
    path.unlink()
    with pytest.raises(PublicationAltered, match="entries/000"):
        list(read(folder / organisation).leaves())
