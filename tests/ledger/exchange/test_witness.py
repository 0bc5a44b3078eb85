"""What a witness is asked and what it answers: the published script status by status, and every bad request."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from clerestory.ledger import note, sign, tree, vkey
from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.exchange.witness import (
    LARGEST,
    LARGEST_ANSWER,
    AnswerUnreadable,
    Held,
    RequestRefused,
    answer_text,
    check_continues,
    open_request,
    read_answer,
    read_size,
    request_bytes,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/ledger/witness.json").read_text())
LOG = vkey.VerifierKey(VECTORS["origin"], vkey.ED25519, bytes.fromhex(VECTORS["log_key"]))
WITNESS = sign.signing_key(VECTORS["witness_name"], bytes.fromhex(VECTORS["witness_seed"]), vkey.COSIGNATURE)
OWN = sign.signing_key("log.example/one", bytes(range(32)))
LEAVES = [tree.leaf_hash(bytes((number,))) for number in range(40)]
NODES = tree.nodes_of(LEAVES)
TOO_LARGE = b"old 0\n\n" + b"x" * LARGEST


def text(size: int, root: bytes | None = None) -> str:
    return checkpoint_text(Checkpoint(OWN.key.name, size, tree.root(LEAVES[:size]) if root is None else root))


def request(old: int, size: int, *, root: bytes | None = None, proof: list[bytes] | None = None) -> bytes:
    if proof is None:
        proof = list(tree.consistency_proof(old, size, NODES)) if 0 < old < size else []
    return request_bytes(old, proof, sign.sign_note(text(size, root), OWN))


def status_of(data: bytes, held: Held, logs: dict[str, tuple[vkey.VerifierKey, ...]] | None = None) -> int:
    status, said = answered(data, held, {OWN.key.name: (OWN.key,)} if logs is None else logs)
    assert said == (held.size if status == 409 else None)
    return status


def answered(data: bytes, held: Held, logs: Mapping[str, tuple[vkey.VerifierKey, ...]]) -> tuple[int, int | None]:
    try:
        check_continues(open_request(data, logs), held)
    except RequestRefused as error:
        return error.status, error.held
    return 200, None


def test_the_published_script_of_another_witness_gets_its_statuses():
    held, statuses = Held(), []
    for step in VECTORS["steps"]:
        data, logs = step["request"].encode(), {LOG.name: (LOG,)}
        status, said = answered(data, held, logs)
        statuses.append(status)
        assert step["body"] in (None, f"{said}\n")
        if status == 200:
            opened = open_request(data, logs)
            held = Held(opened.checkpoint.size, opened.checkpoint.root)
            line = answer_text(sign.cosign(opened.note, WITNESS, 1_700_000_000), WITNESS.key)
            assert line.startswith(step["contains"] + " ")
    published = [step["status"] for step in VECTORS["steps"]]
    assert published[2] == 403
    # The script is older than the text, which since says 404 for a log that the witness does not serve.
    assert statuses == [*published[:2], 404, *published[3:]]


def test_gos_checksum_database_is_cosigned_though_its_origin_holds_spaces():
    key = vkey.read_vkey(VECTORS["sumdb"]["key"])
    data = VECTORS["sumdb"]["request"].encode()
    opened = open_request(data, {"go.sum database tree": (key,)})
    assert (opened.checkpoint.origin, opened.checkpoint.size) == ("go.sum database tree", 35225469)
    check_continues(opened, Held())
    assert request_bytes(0, (), note.note_bytes(opened.note)) == data


def test_the_public_key_of_the_script_belongs_to_its_seed():
    assert WITNESS.key.public.hex() == VECTORS["witness_public"]


def test_every_growth_of_a_small_log_is_cosigned_and_every_step_back_is_not():
    for old in range(1, 12):
        held = Held(old, tree.root(LEAVES[:old]))
        for size in range(old, 14):
            assert status_of(request(old, size), held) == 200
        for size in range(old):
            assert status_of(request(size, size), held) == 409
            assert status_of(request(old, size, proof=[]), held) == 400


def test_another_root_of_the_same_size_is_not_cosigned():
    held = Held(7, tree.root(LEAVES[:7]))
    assert status_of(request(7, 7, root=bytes(32)), held) == 422
    assert status_of(request(7, 7, proof=[bytes(32)]), held) == 422


def test_a_log_that_was_rewritten_is_not_cosigned_even_with_the_proof_of_its_own_tree():
    other = [tree.leaf_hash(b"rewritten"), *LEAVES[1:]]
    nodes = tree.nodes_of(other)
    data = request(8, 12, root=tree.root(other[:12]), proof=list(tree.consistency_proof(8, 12, nodes)))
    assert status_of(data, Held(8, tree.root(LEAVES[:8]))) == 422
    assert status_of(data, Held(8, tree.root(other[:8]))) == 200


def test_a_proof_with_a_hash_too_many_too_few_or_changed_is_not_cosigned():
    proof, held = list(tree.consistency_proof(5, 12, NODES)), Held(5, tree.root(LEAVES[:5]))
    for wrong in ([], proof[:-1], [*proof, bytes(32)], [bytes(32), *proof[1:]], proof[::-1]):
        assert status_of(request(5, 12, proof=wrong), held) == 422


def test_the_empty_tree_has_one_root_and_nothing_is_proven_from_it():
    assert status_of(request(0, 0), Held()) == 200
    assert status_of(request(0, 0, root=bytes(32)), Held()) == 422
    assert status_of(request(0, 5, proof=[bytes(32)]), Held()) == 422
    assert status_of(request(0, 5), Held(3, tree.root(LEAVES[:3]))) == 409


def test_a_checkpoint_that_its_log_did_not_sign_is_forbidden():
    stranger = sign.signing_key(OWN.key.name, bytes(32))
    assert status_of(request_bytes(0, (), sign.sign_note(text(3), stranger)), Held()) == 403
    wrong = note.SignedNote(text(3), (note.NoteSignature(OWN.key.name, OWN.key.key_id, bytes(64)),))
    assert status_of(request_bytes(0, (), note.note_bytes(wrong)), Held()) == 403
    assert status_of(request(0, 3), Held(), {"log.example/two": (OWN.key,)}) == 404


def test_signatures_of_others_are_left_away_and_the_place_for_ones_own_stays_free():
    others = [sign.signing_key(f"other.example/{number}", bytes((number,)) * 32) for number in range(1, 16)]
    whole = sign.sign_note(text(3), OWN, *others)
    opened = open_request(request_bytes(0, (), whole), {OWN.key.name: (OWN.key,)})
    assert [line.name for line in opened.note.signatures] == [OWN.key.name]
    again = note.note_bytes(sign.cosign(note.read_note(sign.sign_note(text(3), OWN)), WITNESS, 5))
    assert len(open_request(request_bytes(0, (), again), {OWN.key.name: (OWN.key,)}).note.signatures) == 1


GOOD = request(0, 3)
HASH = base64.b64encode(bytes(32))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        GOOD[1:],
        GOOD[:-1],
        GOOD.replace(b"old 0", b"old 00"),
        GOOD.replace(b"old 0", b"old  0"),
        GOOD.replace(b"old 0", b"old -1"),
        GOOD.replace(b"old 0", b"old 9223372036854775808"),
        GOOD.replace(b"old 0", b"old 99999999999999999999999999"),
        GOOD.replace(b"old 0", b"old \xd9\xa0"),
        GOOD.replace(b"old 0", b"size 0"),
        GOOD.replace(b"old 0\n", b"old 0\r\n"),
        GOOD.replace(b"old 0\n\n", b"old 0\n"),
        GOOD.replace(b"old 0\n", b"old 4\n"),
        GOOD.replace(b"old 0\n", b"old 1\n" + (HASH + b"\n") * 64),
        GOOD.replace(b"old 0\n", b"old 1\n" + HASH[:-1] + b"\n"),
        GOOD.replace(b"old 0\n", b"old 1\n" + base64.b64encode(bytes(31)) + b"\n"),
        GOOD.replace(b"old 0\n", b"old 1\n " + HASH + b"\n"),
        GOOD.replace(b"\n3\n", b"\n03\n"),
        GOOD.replace(b"\n3\n", b"\n9223372036854775808\n"),
        request_bytes(0, (), sign.sign_note("one line\n", OWN)),
        request_bytes(0, (), sign.sign_note(f"{OWN.key.name}\n3\n{HASH[:-4].decode()}\n", OWN)),
        request_bytes(0, (), sign.sign_note(f"{OWN.key.name}\n3\n{HASH.decode()}\n\nbehind\n", OWN)),
        TOO_LARGE,
    ],
)
def test_what_is_not_spelled_as_the_text_says_is_a_bad_request(data):
    assert status_of(data, Held()) == 400


def test_63_lines_of_proof_are_read_and_judged():
    assert status_of(GOOD.replace(b"old 0\n", b"old 1\n" + (HASH + b"\n") * 63), Held(1, LEAVES[0])) == 422


def cosigned(at: int = 1_700_000_000) -> tuple[note.SignedNote, bytes]:
    plain = note.read_note(sign.sign_note(text(3), OWN))
    return plain, answer_text(sign.cosign(plain, WITNESS, at), WITNESS.key).encode()


def test_the_answer_of_a_witness_is_read_with_its_second_and_lines_of_other_keys_are_passed_over():
    plain, line = cosigned()
    stranger = sign.generate_key("new.example", vkey.COSIGNATURE)
    beside = answer_text(sign.cosign(plain, stranger, 7), stranger.key).encode()
    for body in (line, beside + line, line + beside):
        kept, said = read_answer(plain, body, WITNESS.key)
        assert (kept.name, said.at, said.key) == ("example.com/witness", 1_700_000_000, WITNESS.key)


@pytest.mark.parametrize("wrong", ["other text", "no line", "no time", "cut", "twice", "large", "html", "smuggled"])
def test_an_answer_that_is_no_cosignature_over_the_checkpoint_is_not_used(wrong):
    plain, line = cosigned()
    bodies = {
        "other text": answer_text(
            sign.cosign(note.read_note(sign.sign_note(text(4), OWN)), WITNESS, 9), WITNESS.key
        ).encode(),
        "no line": b"",
        "no time": cosigned(0)[1],
        "cut": line[:-1],
        "twice": line * 2,
        "large": line + b"x" * LARGEST_ANSWER,
        "html": b"<html>\n\n" + line,
        "smuggled": b"other/log\n1\n\n" + line,
    }
    with pytest.raises(AnswerUnreadable):
        read_answer(plain, bodies[wrong], WITNESS.key)


@pytest.mark.parametrize("body", [b"", b"3", b"03\n", b"-1\n", b"3\n\n", b"9223372036854775808\n", b"three\n"])
def test_a_size_in_another_spelling_is_no_size(body):
    with pytest.raises(AnswerUnreadable):
        read_size(body)
    assert read_size(b"3\n") == 3
