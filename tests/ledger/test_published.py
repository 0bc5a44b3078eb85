"""Notes, keys, cosignatures and documents that others published: read, judged and written as they were."""

import base64
import json
from pathlib import Path

import pytest

from clerestory.ledger import canonical, note, sign, tree, vkey
from clerestory.ledger.checkpoint import read_signed_checkpoint

VECTORS = Path(__file__).parents[1] / "vectors/ledger"
NOTES = json.loads((VECTORS / "notes.json").read_text())
WITNESS = json.loads((VECTORS / "witness.json").read_text())
DOCUMENTS = {case["name"]: case for case in json.loads((VECTORS / "rfc8785.json").read_text())}
GO, COSIGNED = NOTES["go"], NOTES["cosigned"]
PETER, ENOCH = (vkey.read_vkey(text) for text in GO["vkeys"])


def mangled(text: str) -> list[str]:
    """Every part of a text, and the text with each letter replaced by the next one."""
    ends = range(len(text) + 1)
    parts = [text[i:j] for i in ends for j in ends if i <= j and (i, j) != (0, len(text))]
    return parts + [text[:i] + chr(ord(text[i]) + 1) + text[i + 1 :] for i in range(len(text))]


def test_the_keys_of_gos_notes_are_read_and_every_mangled_form_is_refused():
    assert [vkey.vkey_text(key) for key in (PETER, ENOCH)] == GO["vkeys"]
    for text in mangled(GO["vkeys"][0]) + GO["bad_vkeys"]:
        with pytest.raises(vkey.KeyMalformed):
            vkey.read_vkey(text)


def test_the_signing_key_of_gos_notes_is_read_and_every_mangled_form_is_refused():
    assert sign.read_skey(GO["skey"]).key == PETER
    for text in mangled(GO["skey"]):
        with pytest.raises(vkey.KeyMalformed):
            sign.read_skey(text)


def test_a_note_is_signed_as_go_signs_it():
    assert sign.sign_note(GO["text"], sign.read_skey(GO["skey"])).decode() == GO["text"] + "\n" + GO["lines"][0]


@pytest.mark.parametrize("known", [(PETER,), (PETER, ENOCH), (ENOCH,), ()])
def test_a_note_of_two_keys_is_opened_with_those_that_are_known(known):
    opened = note.read_note((GO["text"] + "\n" + "".join(GO["lines"])).encode())
    assert set(sign.verify_note(opened, known)) == set(known)


@pytest.mark.parametrize("text", [*(text.encode() for text in GO["malformed"]), bytes.fromhex(GO["malformed_hex"])])
def test_notes_that_go_calls_malformed_are_refused(text):
    with pytest.raises(note.NoteMalformed):
        note.read_note(text)


def test_a_wrong_signature_of_a_known_key_refuses_the_note_as_go_does():
    opened = note.read_note((GO["text"] + "\n" + GO["wrong_line"]).encode())
    with pytest.raises(sign.SignatureMismatch):
        sign.verify_note(opened, [PETER])


def test_one_key_twice_is_refused_though_go_reads_the_second_away():
    with pytest.raises(note.NoteMalformed):
        note.read_note((GO["text"] + "\n" + GO["lines"][1] * 2).encode())


def test_a_record_is_hashed_as_go_hashes_it():
    assert base64.b64encode(tree.leaf_hash(GO["record"].encode())).decode() == GO["record_hash"]


def test_the_cosigned_checkpoint_of_the_c2sp_text_is_read_and_written_back_with_its_time():
    checkpoint, opened = read_signed_checkpoint(NOTES["c2sp_cosignature"].encode())
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    line = opened.signatures[1]
    assert (len(line.signature), int.from_bytes(line.signature[:8], "big")) == (72, 1679315147)
    assert note.note_bytes(opened).decode() == NOTES["c2sp_cosignature"]


def test_four_public_witnesses_vouch_for_the_checkpoint_of_a_public_log_at_the_second_that_they_say():
    checkpoint, opened = read_signed_checkpoint(COSIGNED["note"].encode())
    log = vkey.read_vkey(COSIGNED["log"])
    witnesses = [
        vkey.VerifierKey(name, vkey.COSIGNATURE, bytes.fromhex(public))
        for name, public in COSIGNED["witnesses"].items()
    ]
    assert vkey.read_vkey(COSIGNED["witness_vkeys"][0]) in witnesses
    assert checkpoint.size == 1432088532
    assert sign.verify_note(opened, [log]) == (log,)
    seen = sign.verify_cosignatures(opened, witnesses)
    assert {(one.key.name, one.at) for one in seen} == {(key.name, COSIGNED["at"]) for key in witnesses}


def test_the_same_cosignatures_over_another_size_are_refused():
    forged = COSIGNED["note"].replace("\n1432088532\n", "\n42\n")
    witness = vkey.read_vkey(COSIGNED["witness_vkeys"][0])
    with pytest.raises(sign.SignatureMismatch):
        sign.verify_cosignatures(note.read_note(forged.encode()), [witness])


def test_the_note_of_gos_checksum_database_verifies_with_its_key():
    key = vkey.read_vkey(WITNESS["sumdb"]["key"])
    _, _, text = WITNESS["sumdb"]["request"].partition("\n\n")
    assert sign.verify_note(note.read_note(text.encode()), [key]) == (key,)


@pytest.mark.parametrize("name", ["french", "unicode", "weird"])
def test_the_documents_of_rfc_8785s_author_are_spelled_as_published(name):
    published = bytes.fromhex(DOCUMENTS[name]["output_hex"])
    document = json.loads(DOCUMENTS[name]["input"])
    assert canonical.encode(document) == published
    assert canonical.decode(published) == document
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(DOCUMENTS[name]["input"].encode())


@pytest.mark.parametrize("name", ["arrays", "structures", "values"])
def test_published_documents_with_fractions_or_null_have_no_form_here(name):
    with pytest.raises(canonical.NotCanonical):
        canonical.encode(json.loads(DOCUMENTS[name]["input"]))


def test_a_published_document_whose_fractions_are_whole_numbers_is_read_as_published():
    published = bytes.fromhex(DOCUMENTS["structures"]["output_hex"])
    assert canonical.encode(canonical.decode(published)) == published
