"""Who vouches for a log: forged keys, foreign logs, rewritten history and missing witnesses are told apart."""

from datetime import UTC, datetime

import pytest

from clerestory.ledger.note import note_bytes, read_note
from clerestory.ledger.sign import cosign, signing_key
from clerestory.ledger.vkey import COSIGNATURE
from clerestory.verify.form.layout import LARGEST_CHECKPOINT
from clerestory.verify.trust import Trust
from clerestory.verify.verdict import Exit
from tests.simulators.log import KEY, MemoryLog, measured, record, small_log
from tests.simulators.pack import (
    MEMBERS,
    PACK,
    changed,
    codes,
    forged,
    judged,
    pack_of,
    stranger,
    swap_at,
    zip_of,
)


def test_without_trust_keys_a_whole_pack_is_not_authenticated(tmp_path):
    verdict = judged(PACK, tmp_path, trust=None)
    assert (verdict.exit_code, codes(verdict)) == (Exit.NOT_AUTHENTICATED, {"E_UNTRUSTED"})
    assert verdict.follows
    assert verdict.authenticity["verdict"] == "not authenticated"


@pytest.mark.parametrize("place", [0, 12, 27, 28, 31, 74, 76, 77, 78, 80, 84, 110, 200, 201])
def test_a_flipped_byte_in_the_checkpoint_is_refused(place, tmp_path):
    verdict = judged(zip_of(forged(changed(MEMBERS, "checkpoint", swap_at(place)))), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert codes(verdict) & {"E_CHECKPOINT", "E_SIG"}


def test_a_pack_that_another_key_signed_whole_is_refused(tmp_path):
    log = small_log()
    log.key = stranger()
    verdict = judged(pack_of(log), tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_SIG"})
    assert judged(pack_of(log), tmp_path, trust=None).exit_code == Exit.NOT_AUTHENTICATED


def test_the_pack_of_another_log_is_refused(tmp_path):
    log = small_log()
    log.key = signing_key("clerestory.local/else", bytes(range(32)))
    verdict = judged(pack_of(log), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert "clerestory.local/else" in " ".join(problem.problem for problem in verdict.problems)


def test_an_owner_who_rewrites_history_is_caught_by_the_auditors_own_older_pack(tmp_path):
    older = tmp_path / "older.zip"
    log = small_log()
    older.write_bytes(pack_of(log))
    log.append(measured(value="0.1"))
    assert judged(pack_of(log), tmp_path, earlier=[older]).exit_code == Exit.FINE
    rewritten = MemoryLog()
    for position in range(12):
        rewritten.append(record("record.note", note=f"invented {position}"))
    rewritten.append(record("record.note", note="more"))
    assert judged(pack_of(rewritten), tmp_path).exit_code == Exit.FINE
    verdict = judged(pack_of(rewritten), tmp_path, earlier=[older])
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_FORK"})
    assert verdict.problems[0].remedy.count("clerestory.local/northlight") == 4


def test_a_log_shorter_than_the_checkpoint_seen_earlier_is_a_fork(tmp_path):
    log = small_log()
    log.append(measured(value="0.1"))
    seen = tmp_path / "checkpoint"
    seen.write_text(log.note)
    assert codes(judged(PACK, tmp_path, earlier=[seen])) == {"E_FORK"}


def test_an_earlier_file_of_another_log_is_a_problem_and_not_skipped(tmp_path):
    log = small_log()
    log.key = signing_key("clerestory.local/else", bytes(range(32)))
    seen = tmp_path / "checkpoint"
    seen.write_text(log.note)
    verdict = judged(PACK, tmp_path, earlier=[seen])
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_EARLIER"})
    assert (verdict.problems[0].where, verdict.follows) == ("checkpoint", False)
    assert "clerestory.local/else" in verdict.problems[0].problem


def test_an_earlier_file_that_is_none_is_bad_input(tmp_path):
    seen = tmp_path / "note.txt"
    seen.write_text("hello")
    assert judged(PACK, tmp_path, earlier=[seen]).exit_code == Exit.BAD_INPUT
    seen.write_bytes(zip_of(MEMBERS | {"checkpoint": MEMBERS["checkpoint"] + b"x" * LARGEST_CHECKPOINT}))
    assert judged(PACK, tmp_path, earlier=[seen]).exit_code == Exit.BAD_INPUT


WITNESS = signing_key("witness.example/auditor", bytes(range(3, 35)), COSIGNATURE)


def test_a_missing_quorum_of_witnesses_has_its_own_exit_code_and_a_met_one_is_counted(tmp_path):
    asks = Trust(KEY.key.name, (KEY.key,), (WITNESS.key,), 1)
    verdict = judged(PACK, tmp_path, trust=asks)
    assert (verdict.exit_code, codes(verdict)) == (Exit.TRUST_UNMET, {"E_QUORUM"})
    seen = note_bytes(
        cosign(read_note(MEMBERS["checkpoint"]), WITNESS, int(datetime(2026, 11, 3, tzinfo=UTC).timestamp()))
    )
    verdict = judged(zip_of(forged(MEMBERS | {"checkpoint": seen})), tmp_path, trust=asks)
    assert verdict.exit_code == Exit.FINE
    assert verdict.witnesses == {"verdict": "quorum met", "count": 1, "required": 1, "names": [WITNESS.key.name]}
    assert verdict.time["exists_since"] == "2026-11-03T00:00:00.000000Z"


def test_a_failure_outweighs_a_missing_quorum(tmp_path):
    asks = Trust(KEY.key.name, (KEY.key,), (WITNESS.key,), 1)
    assert judged(zip_of(MEMBERS | {"statuses.json": b"{}"}), tmp_path, trust=asks).exit_code == Exit.DOES_NOT_FOLLOW
