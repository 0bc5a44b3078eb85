"""The proof of one entry: it stands in the log or it does not, and it never says more than that."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.exchange.proof import EntryProof, proof_bytes
from clerestory.ledger.note import note_bytes, read_note
from clerestory.ledger.sign import SigningKey, cosign, sign_note, signing_key
from clerestory.ledger.tree import inclusion_proof, leaf_hash, nodes_of, root
from clerestory.ledger.vkey import COSIGNATURE, vkey_text
from clerestory.verify.command import main
from clerestory.verify.single import is_proof, verify_entry
from clerestory.verify.trust import Trust, read_trust, trust_text
from clerestory.verify.verdict import Exit, Verdict
from clerestory.verify.words import page
from tests.simulators.log import KEY, small_log
from tests.simulators.pack import PACK, TRUST, codes, places, stranger

LOG = small_log()
HASHES = [leaf_hash(leaf) for leaf in LOG.leaf_list]
WITNESSES = [signing_key(f"witness.example/{i}", bytes(range(i, 32 + i)), COSIGNATURE) for i in (3, 4, 5)]


def proof_of(position: int, *, note: str = "", leaf: bytes = b"", path: tuple[bytes, ...] | None = None) -> bytes:
    hashes = inclusion_proof(position, LOG.size, nodes_of(HASHES)) if path is None else path
    return proof_bytes(EntryProof(position, hashes, (note or LOG.note).encode(), leaf or LOG.leaf_list[position]))


def judged(data: bytes, folder: Path, trust: Trust | None = TRUST) -> Verdict:
    file = folder / "one.tlog-proof"
    file.write_bytes(data)
    return verify_entry(file, trust)


@pytest.mark.parametrize("position", range(12))
def test_each_entry_of_a_log_proves_that_it_stands_there(position, tmp_path):
    verdict = judged(proof_of(position), tmp_path)
    assert (verdict.exit_code, verdict.follows) == (Exit.FINE, True)
    assert verdict.integrity["position"] == position
    assert verdict.integrity["leaf_hash"] == HASHES[position].hex()
    assert verdict.order["verdict"] == "inclusion only"
    assert verdict.completeness["verdict"] == "inclusion only, no completeness"
    assert verdict.authenticity["verdict"] == "authentic"
    assert verdict.time["verdict"] == "claimed by the log alone"


def test_another_leaf_place_or_path_is_refused_and_the_leaf_is_named(tmp_path):
    path = inclusion_proof(3, LOG.size, nodes_of(HASHES))
    for data in (
        proof_of(3, leaf=LOG.leaf_list[4]),
        proof_of(2, path=path),
        proof_of(3, path=path[:-1]),
        proof_of(3, path=(bytes(32), *path[1:])),
        proof_of(3, path=()),
        proof_of(40, path=path, leaf=LOG.leaf_list[3]),
    ):
        verdict = judged(data, tmp_path)
        assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_ROOT"})
        assert places(verdict, "E_ROOT").startswith("leaf ")


def test_an_inner_node_is_no_entry_even_though_it_is_on_the_way_to_the_root(tmp_path):
    node = nodes_of(HASHES)
    children = HASHES[0] + HASHES[1]
    verdict = judged(
        proof_bytes(EntryProof(0, (node(1, 1), node(2, 1), node(2, 2)), LOG.note.encode(), children)), tmp_path
    )
    assert codes(verdict) == {"E_LEAF", "E_ROOT"}


def test_a_proof_without_the_leaf_is_refused(tmp_path):
    path = inclusion_proof(3, LOG.size, nodes_of(HASHES))
    assert "E_LEAF" in codes(judged(proof_bytes(EntryProof(3, path, LOG.note.encode())), tmp_path))


def signed(key: SigningKey, origin: str = "") -> str:
    text = checkpoint_text(Checkpoint(origin or key.key.name, LOG.size, root(HASHES)))
    return sign_note(text, key).decode()


@pytest.mark.parametrize(
    "note, code",
    [
        (signed(stranger()), "E_SIG"),
        (signed(signing_key("clerestory.local/else", bytes(range(32)))), "E_CHECKPOINT"),
        (signed(KEY, "clerestory.local/else"), "E_CHECKPOINT"),
        (LOG.note.replace("\n12\n", "\n13\n"), "E_SIG"),
        (LOG.note.replace("\u2014", "-"), "E_CHECKPOINT"),
        ("no checkpoint\n", "E_CHECKPOINT"),
    ],
)
def test_a_checkpoint_of_another_key_log_or_form_is_refused(note, code, tmp_path):
    verdict = judged(proof_of(3, note=note), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert code in codes(verdict)
    assert places(verdict, code) == "checkpoint"
    assert verdict.authenticity["verdict"] == "FAILED"


def test_without_a_trust_file_nobody_vouches(tmp_path):
    verdict = judged(proof_of(3), tmp_path, None)
    assert (verdict.exit_code, codes(verdict), verdict.follows) == (Exit.NOT_AUTHENTICATED, {"E_UNTRUSTED"}, True)


@pytest.mark.parametrize("data", [PACK[:200], b"c2sp.org/tlog-proof@v1\n", proof_of(3)[:-1] + b"\xff", b"x" * 400_000])
def test_what_is_no_proof_is_bad_input_or_has_no_checkpoint(data, tmp_path):
    verdict = judged(data, tmp_path)
    assert not verdict.follows
    assert codes(verdict) <= {"E_PROOF", "E_CHECKPOINT"}


def policy(*lines: str) -> Trust:
    keys = "".join(f"witness w{i} {vkey_text(witness.key)}\n" for i, witness in enumerate(WITNESSES))
    return read_trust((f"# what we ask for\nlog {vkey_text(KEY.key)}\n" + keys + "\n".join(lines)).encode())


def seen_by(*numbers: int) -> str:
    note = read_note(LOG.note.encode())
    for number in numbers:
        note = cosign(note, WITNESSES[number], int(datetime(2026, 11, 3, tzinfo=UTC).timestamp()))
    return note_bytes(note).decode()


GROUPS = ("group outside any w1 w2", "group both all w0 outside", "quorum both")


@pytest.mark.parametrize(
    "seen, exit_code",
    [
        ((0, 1), Exit.FINE),
        ((0, 2), Exit.FINE),
        ((0, 1, 2), Exit.FINE),
        ((1, 2), Exit.TRUST_UNMET),
        ((0,), Exit.TRUST_UNMET),
        ((), Exit.TRUST_UNMET),
    ],
)
def test_a_policy_asks_for_groups_of_witnesses_and_not_for_a_number(seen, exit_code, tmp_path):
    verdict = judged(proof_of(3, note=seen_by(*seen)), tmp_path, policy(*GROUPS))
    assert verdict.exit_code == exit_code
    assert (verdict.witnesses["count"], verdict.witnesses["required"]) == (len(seen), 2)
    assert codes(verdict) == (set() if exit_code == Exit.FINE else {"E_QUORUM"})
    if seen:
        assert verdict.time["exists_since"] == "2026-11-03T00:00:00.000000Z"


def test_a_key_of_one_log_vouches_for_no_other_log_of_the_same_policy(tmp_path):
    other = signing_key("clerestory.local/else", bytes(range(9, 41)))
    both = read_trust(f"log {vkey_text(KEY.key)}\nlog {vkey_text(other.key)}\nquorum none\n".encode())
    assert judged(proof_of(3), tmp_path, both).exit_code == Exit.FINE
    text = checkpoint_text(Checkpoint(KEY.key.name, LOG.size, root(HASHES)))
    assert codes(judged(proof_of(3, note=sign_note(text, other).decode()), tmp_path, both)) == {"E_SIG"}


def test_the_auditors_command_tells_a_proof_from_a_pack_and_speaks_of_the_entry(tmp_path, capsys):
    file, trust = tmp_path / "one.tlog-proof", tmp_path / "trust.json"
    file.write_bytes(proof_of(3))
    trust.write_text(trust_text(TRUST))
    assert is_proof(file)
    assert main([str(file), "--trust", str(trust), "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["integrity"]["position"] == 3
    assert "Proof of one entry" in shown.err
    assert "Entry 3 leads to the signed root: check about model_version/credit/0a1b2c" in " ".join(shown.err.split())
    assert "was taken back, is not in a proof" in " ".join(shown.err.split())
    assert main([str(file), "--trust", str(trust), "--earlier", str(file)]) == 2
    file.write_bytes(b"c2sp.org/tlog-proof@v1\nindex x\n")
    assert main([str(file), "--trust", str(trust)]) == 2


@pytest.mark.parametrize("trust", [TRUST, None, policy(*GROUPS)])
@pytest.mark.parametrize("leaf", [b"", LOG.leaf_list[4]])
def test_every_verdict_on_a_proof_has_words(trust, leaf, tmp_path):
    words = page(judged(proof_of(3, leaf=leaf), tmp_path, trust), "one.tlog-proof")
    assert "Proof of one entry" in words
    assert "pack do" not in words
