"""Witnesses of an organisation's log are asked; who is independent counts, and who objects is shown."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from clerestory.intake.witnessing.ask import WAITS, ask, due
from clerestory.intake.witnessing.post import Answer, post
from clerestory.jobs.upkeep import checkpoints_wait
from clerestory.ledger import sign
from clerestory.ledger.checkpoint import read_signed_checkpoint
from clerestory.ledger.exchange.policy import PolicyMalformed
from clerestory.ledger.exchange.witness import answer_text, request_bytes
from clerestory.ledger.note import read_note
from clerestory.ledger.tree import Frontier, leaf_hash
from clerestory.ledger.vkey import COSIGNATURE, read_vkey, vkey_text
from clerestory.report.pack.write import write as write_pack
from clerestory.store import keys, log
from clerestory.store.log.cosigned import PolicyRefused, take_policy
from clerestory.store.models import Cosignature, LogEntry, LogState, SignedCheckpoint, Tile, WitnessVisit
from clerestory.store.sequencer import sequence
from clerestory.store.sequencer.mark import HighWater, write_mark
from clerestory.verify.trust import read_trust
from clerestory.verify.verdict import Exit
from clerestory.verify.verify import verify
from clerestory.verify.words import page
from tests.organisation import NOW
from tests.simulators.witnessed import History, nearby
from tests.store.test_sequencer import fill, leaves

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def home(tmp_path, settings):
    settings.CLERESTORY_HOME = tmp_path / "home"
    (tmp_path / "home").mkdir(mode=0o700)
    return settings.CLERESTORY_HOME


@pytest.fixture
def filled(organisation):
    fill(organisation, 5)
    sequence(organisation)
    return organisation


def log_key(organisation):
    return read_vkey(keys.verifier_key(organisation))


def policy(quorum: str, **witnesses: tuple[str, sign.SigningKey]) -> bytes:
    lines = [f"witness {name} {vkey_text(key.key)} {url}" for name, (url, key) in witnesses.items()]
    return "\n".join([*lines, f"quorum {quorum}", ""]).encode()


def size_of(organisation) -> int:
    return log.status(organisation).size


def test_a_checkpoint_gets_the_lines_of_its_witnesses_and_the_log_is_unwitnessed_only_from_there(filled, tmp_path):
    with nearby(tmp_path / "w", log_key(filled)) as there:
        take_policy(filled, policy("auditor", auditor=there))
        assert log.status(filled).unwitnessed_since == NOW
        assert checkpoints_wait(SOON)
        assert ask(filled, now=SOON) == 1
        status = log.status(filled)
        assert (status.witnessed_size, status.unwitnessed_since, status.problem) == (status.size, None, "")
        assert not checkpoints_wait(SOON)
        _, note = read_signed_checkpoint(log.checkpoint(filled).note.encode())
        assert sign.verify_note(note, [log_key(filled)])
        (said,) = sign.verify_cosignatures(note, [there[1].key])
        assert log.status(filled).witnesses[0].at.timestamp() == said.at
        for number in range(3):
            fill(filled, 1, 100 + number)
            sequence(filled)
            assert log.status(filled).unwitnessed_since == NOW
            assert ask(filled, now=SOON) == 1
        assert log.status(filled).unwitnessed_since is None


def test_a_pack_carries_the_cosignature_and_the_auditor_counts_it_by_the_own_trust_file(filled, tmp_path):
    with nearby(tmp_path / "w", log_key(filled)) as there:
        take_policy(filled, policy("auditor", auditor=there))
        ask(filled, now=SOON)
    write_pack(filled, tmp_path / "pack.zip", at=SOON, now=SOON)
    asked = f"log {keys.verifier_key(filled)}\n".encode() + policy("auditor", auditor=there)
    verdict = verify(tmp_path / "pack.zip", read_trust(asked))
    assert (verdict.exit_code, verdict.witnesses["verdict"], verdict.witnesses["count"]) == (Exit.FINE, "quorum met", 1)
    assert "Seen by 1 independent witness." in page(verdict, "pack.zip")
    assert verdict.time["verdict"] == "witnessed"


def test_a_witness_that_the_quorum_does_not_name_is_asked_and_counts_for_nothing(filled, tmp_path):
    stranger = sign.generate_key("auditor.example/away", COSIGNATURE)
    with nearby(tmp_path / "w", log_key(filled), name="own.example/witness") as own:
        text = policy("auditor", own=own, auditor=("http://127.0.0.1:9", stranger))
        take_policy(filled, text)
        assert ask(filled, now=SOON) == 1
    status = log.status(filled)
    assert [(one.name, one.counts, one.size > 0) for one in status.witnesses] == [
        ("own.example/witness", False, True),
        ("auditor.example/away", True, False),
    ]
    assert (status.witnessed_size, status.unwitnessed_since) == (0, NOW)
    write_pack(filled, tmp_path / "pack.zip", at=SOON, now=SOON)
    for end, code in (("quorum auditor", Exit.TRUST_UNMET), ("quorum none", Exit.FINE)):
        asked = f"log {keys.verifier_key(filled)}\n".encode() + text.replace(b"quorum auditor", end.encode())
        verdict = verify(tmp_path / "pack.zip", read_trust(asked))
        assert (verdict.exit_code, verdict.witnesses["verdict"]) == (code, "no independent witness")
        assert verdict.time["verdict"] == "claimed by the log alone"
        assert "No independent witness" in page(verdict, "pack.zip")


def test_a_witness_that_is_down_holds_up_neither_the_log_nor_the_others_and_is_asked_ever_more_rarely(filled, tmp_path):
    away = sign.generate_key("away.example/witness", COSIGNATURE)
    with nearby(tmp_path / "w", log_key(filled)) as there:
        text = policy("any", there=there, away=("http://127.0.0.1:9", away))
        take_policy(filled, text.replace(b"quorum any", b"group any1 any there away\nquorum any1"))
        assert ask(filled, now=SOON) == 1
        status = log.status(filled)
        assert (status.unwitnessed_since, status.problem) == (None, "")
        assert "does not answer" in status.witnesses[1].problem
        later = SOON
        for wait in (*WAITS, WAITS[-1]):
            assert due(filled, later + timedelta(seconds=wait - 1)) == ()
            later += timedelta(seconds=wait)
            assert [witness.key for witness in due(filled, later)] == [away.key]
            assert ask(filled, now=later) == 0


def test_a_server_that_forgot_whom_it_asked_learns_it_from_the_witness(filled, tmp_path):
    with nearby(tmp_path / "w", log_key(filled)) as there:
        take_policy(filled, policy("auditor", auditor=there))
        ask(filled, now=SOON)
        WitnessVisit.objects.all().delete()
        fill(filled, 300, 50)
        sequence(filled)
        assert ask(filled, now=SOON) == 1
        assert log.status(filled).witnessed_size == size_of(filled)


def test_t5_a_log_that_was_rolled_back_is_contradicted_by_its_witness(filled, tmp_path):
    longer = History([*(leaf_hash(leaf) for leaf in leaves(filled)), *(leaf_hash(b"lost") for _ in range(4))],
                     keys.signing_key(filled))  # fmt: skip
    with nearby(tmp_path / "w", log_key(filled)) as there:
        size = size_of(filled)
        assert post(there[0], longer.request(0, size + 4)).status == 200
        take_policy(filled, policy("auditor", auditor=there))
        assert ask(filled, now=SOON) == 0
    status = log.status(filled)
    assert f"It saw {size + 4} entries" in status.problem
    assert status.witnesses[0].contradicts
    assert status.unwitnessed_since == NOW


def rewrite(organisation, place: int) -> None:
    """Do what an administrator with the real key can do: other leaf, other tiles, other root, signed again."""
    rows = list(LogEntry.objects.filter(organisation_id=organisation, position__gte=0).order_by("position"))
    row, other = rows[place], rows[place + 1]
    with connection.cursor() as cursor:
        for position, moved in ((10**6, row), (row.position, other), (other.position, row)):
            cursor.execute("UPDATE store_logentry SET position = %s WHERE id = %s", [position, moved.pk])
    frontier = Frontier().extend(hashes := [leaf_hash(leaf) for leaf in leaves(organisation)])
    Tile.objects.filter(organisation_id=organisation, level=0, index=0).update(hashes=b"".join(hashes))
    LogState.objects.filter(organisation_id=organisation).update(
        root=frontier.root().hex(), frontier=b"".join(frontier.peaks)
    )
    SignedCheckpoint.objects.filter(organisation_id=organisation).delete()
    write_mark(organisation, HighWater(frontier.size, frontier.root().hex()))


def test_t4_a_rewriting_with_the_real_key_is_exposed_by_the_earlier_pack_alone_and_by_the_witness(filled, tmp_path):
    trust = read_trust((keys.verifier_key(filled) + "\n").encode())
    with nearby(tmp_path / "w", log_key(filled)) as there:
        text = policy("auditor", auditor=there)
        take_policy(filled, text)
        ask(filled, now=SOON)
        write_pack(filled, tmp_path / "old.zip", at=SOON, now=SOON)
        rewrite(filled, 2)
        fill(filled, 1, 70)
        sequence(filled)
        assert ask(filled, now=SOON) == 0
        status = log.status(filled)
    assert "the log was rewritten" in status.problem
    assert status.witnesses[0].contradicts
    write_pack(filled, tmp_path / "new.zip", at=SOON, now=SOON)
    alone = verify(tmp_path / "new.zip", trust)
    assert (alone.exit_code, alone.witnesses["verdict"]) == (Exit.FINE, "no independent witness")
    assert "No independent witness has seen this log: its owner could have rewritten it" in " ".join(
        page(alone, "new.zip").split()
    )
    exposed = verify(tmp_path / "new.zip", trust, earlier=[tmp_path / "old.zip"])
    assert (exposed.exit_code, {one.code for one in exposed.problems}) == (Exit.DOES_NOT_FOLLOW, {"E_FORK"})
    asked = read_trust(f"log {keys.verifier_key(filled)}\n".encode() + text)
    assert verify(tmp_path / "new.zip", asked).exit_code == Exit.TRUST_UNMET
    assert verify(tmp_path / "old.zip", asked).exit_code == Exit.FINE


def test_t6_a_split_view_ends_without_quorum_and_two_packs_of_it_show_both_notes(filled, tmp_path):
    with nearby(tmp_path / "w", log_key(filled)) as there:
        text = policy("auditor", auditor=there)
        take_policy(filled, text)
        ask(filled, now=SOON)
        write_pack(filled, tmp_path / "shown.zip", at=SOON, now=SOON)
    rewrite(filled, 1)
    sequence(filled)
    settings.CLERESTORY_HOME.joinpath("witnesses", f"{filled}.policy").unlink()
    WitnessVisit.objects.all().delete()
    Cosignature.objects.all().delete()
    write_pack(filled, tmp_path / "hidden.zip", at=SOON, now=SOON)
    asked = read_trust(f"log {keys.verifier_key(filled)}\n".encode() + text)
    assert verify(tmp_path / "shown.zip", asked).exit_code == Exit.FINE
    assert verify(tmp_path / "hidden.zip", asked).exit_code == Exit.TRUST_UNMET
    fork = verify(tmp_path / "hidden.zip", asked, earlier=[tmp_path / "shown.zip"])
    (told,) = [one for one in fork.problems if one.code == "E_FORK"]
    assert told.remedy.count(f"clerestory.local/{filled}") >= 2


@pytest.mark.parametrize(
    "answer, said",
    [
        (Answer(200, b"<html>"), "cannot be used"),
        (Answer(200, b""), "cannot be used"),
        (Answer(302, b""), "302"),
        (Answer(404, b"unknown log\x1b[31m\n"), "404"),
        (Answer(409, b"many\n"), "409"),
        (Answer(409, b"0\n"), "409"),
        (Answer(500, b"\xff" * 900), "500"),
        (Answer(0, words="refused"), "does not answer"),
    ],
)
def test_whatever_else_a_witness_answers_is_noted_and_nothing_is_kept(filled, answer, said):
    key = sign.generate_key("auditor.example/witness", COSIGNATURE)
    take_policy(filled, policy("auditor", auditor=("http://127.0.0.1:9", key)))
    before = log.checkpoint(filled).note
    assert ask(filled, now=SOON, send=lambda _url, _body: answer) == 0
    (stand,) = log.status(filled).witnesses
    assert said in stand.problem
    assert stand.problem.isprintable()
    assert not stand.contradicts
    assert log.checkpoint(filled).note == before


def test_a_cosignature_over_another_checkpoint_is_not_kept(filled):
    key = sign.generate_key("auditor.example/witness", COSIGNATURE)
    take_policy(filled, policy("auditor", auditor=("http://127.0.0.1:9", key)))
    other = sign.sign_note("clerestory.local/else\n1\n" + "A" * 43 + "=\n", keys.signing_key(filled))
    line = sign.cosign(read_note(other), key, 1_700_000_000)
    assert ask(filled, now=SOON, send=lambda _url, _body: Answer(200, answer_text(line, key.key).encode())) == 0
    assert log.status(filled).witnessed_size == 0


@pytest.mark.parametrize("wrong", ["other log", "no address", "no http", "no quorum", "too many"])
def test_a_policy_that_cannot_be_the_logs_own_is_refused_and_the_one_before_stays(filled, wrong, tmp_path):
    key = sign.generate_key("auditor.example/witness", COSIGNATURE)
    good = policy("auditor", auditor=("http://127.0.0.1:9", key))
    take_policy(filled, good)
    stranger = f"log {vkey_text(sign.generate_key('log.example/else').key)}\n".encode()
    many = {f"w{n}": ("http://x.example", sign.generate_key(f"w.example/{n}", COSIGNATURE)) for n in range(16)}
    text = {
        "other log": stranger + good,
        "no address": good.replace(b" http://127.0.0.1:9", b""),
        "no http": good.replace(b"http://", b"file://"),
        "no quorum": good.replace(b"quorum auditor\n", b""),
        "too many": policy("w0", **many),
    }[wrong]
    with pytest.raises((PolicyRefused, PolicyMalformed)):
        take_policy(filled, text)
    assert (Path(settings.CLERESTORY_HOME) / "witnesses" / f"{filled}.policy").read_bytes() == good


def test_an_address_that_is_none_is_no_answer_and_no_fault():
    for url in ("http://", "http://[", "http://127.0.0.1:99999", "http://x y.example"):
        assert post(url, request_bytes(0, (), b"")).status == 0
