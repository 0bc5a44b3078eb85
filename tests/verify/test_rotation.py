"""T18: a key that the old one named is followed from the log; a key out of its turn vouches for nothing."""

import json

import pytest

from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.exchange.rotation import Term, statement
from clerestory.ledger.sign import SigningKey, sign_note, signing_key
from clerestory.ledger.tree import leaf_hash, root
from clerestory.ledger.vkey import vkey_text
from clerestory.verify.trust import Trust, TrustUnreadable, read_trust, trust_text
from clerestory.verify.verdict import Exit, Verdict
from clerestory.verify.words import page
from tests.simulators.log import KEY, MemoryLog, measured, record, small_log
from tests.simulators.pack import codes, judged, pack_of, places

OLD = KEY
NEW = signing_key(KEY.key.name, bytes(range(40, 72)))
THIRD = signing_key(KEY.key.name, bytes(range(80, 112)))
OLD_ID, NEW_ID = OLD.key.key_id.hex(), NEW.key.key_id.hex()
TRUST = Trust(OLD.key.name, (OLD.key,))
NEWEST = Trust(
    OLD.key.name, (OLD.key, NEW.key), terms=(Term(OLD.key, last=13), Term(NEW.key, first=13))
)  # as `clerestory ledger trust` prints it after a rotation at leaves 12 and 13


def announced(log: MemoryLog, by: SigningKey, new: SigningKey, said: str | None = None) -> None:
    text = statement(by, new) if said is None else said
    log.append(record("record.key", act="announced", key=vkey_text(new.key), statement=text, why="routine"))


def ended(log: MemoryLog, key: SigningKey, why: str = "routine") -> None:
    log.append(record("record.key", act="ended", key=vkey_text(key.key), why=why))


def signed(log: MemoryLog, *keys: SigningKey) -> MemoryLog:
    checkpoint = Checkpoint(log.origin, log.size, root(map(leaf_hash, log.leaf_list)))
    log.signed = sign_note(checkpoint_text(checkpoint), *keys).decode()
    log.key = keys[-1]
    return log


def rotated(why: str = "routine") -> MemoryLog:
    """Leaf 12 names the new key, leaf 13 ends the old one."""
    log = small_log()
    announced(log, OLD, NEW)
    ended(log, OLD, why)
    return log


def asked(log: MemoryLog, tmp_path, trust: Trust | None = TRUST) -> Verdict:
    return judged(pack_of(log), tmp_path, trust=trust)


def test_before_the_new_key_is_named_the_old_one_vouches_alone(tmp_path):
    assert asked(signed(small_log(), OLD), tmp_path).exit_code == Exit.FINE
    early = asked(signed(small_log(), NEW), tmp_path, NEWEST)
    assert (codes(early), places(early, "E_KEY")) == ({"E_KEY"}, "checkpoint")
    assert "from 13 entries on" in early.problems[0].problem


@pytest.mark.parametrize("keys", [(OLD, NEW), (OLD,), (NEW,)])
@pytest.mark.parametrize("trust", [TRUST, NEWEST, None])
def test_while_both_overlap_each_of_them_vouches(keys, trust, tmp_path):
    log = small_log()
    announced(log, OLD, NEW)
    verdict = asked(signed(log, *keys), tmp_path, trust)
    assert verdict.exit_code == (Exit.NOT_AUTHENTICATED if trust is None else Exit.FINE)
    assert verdict.authenticity["signed_by"][-1] == vkey_text(keys[-1].key)


def test_after_the_old_key_ended_the_new_one_vouches_and_the_words_say_how(tmp_path):
    verdict = asked(signed(rotated(), NEW), tmp_path)
    assert verdict.exit_code == Exit.FINE
    assert verdict.authenticity["followed"] is True
    assert verdict.authenticity["turns"] == [
        {"leaf": 12, "act": "announced", "key": NEW_ID, "why": "routine", "by": OLD_ID},
        {"leaf": 13, "act": "ended", "key": OLD_ID, "why": "routine"},
    ]
    said = " ".join(page(verdict, "pack.zip").split())
    assert "follows, in the log, from one that the trust file names" in said
    assert f"Leaf 12: the log's key {OLD_ID} named {NEW_ID} as the one that follows." in said
    assert f"Leaf 13: the key {OLD_ID} signs no longer" in said
    assert asked(signed(rotated(), NEW), tmp_path, NEWEST).authenticity["followed"] is False


@pytest.mark.parametrize("trust", [TRUST, NEWEST])
def test_a_stolen_old_key_vouches_for_nothing_after_its_end(trust, tmp_path):
    log = rotated()
    log.append(measured(value="0.1"))
    verdict = asked(signed(log, OLD), tmp_path, trust)
    assert (verdict.exit_code, codes(verdict)) == (Exit.DOES_NOT_FOLLOW, {"E_KEY"})
    assert places(verdict, "E_KEY") == "checkpoint"
    assert "no more than 13 entries" in verdict.problems[0].problem
    assert verdict.authenticity["verdict"] == "FAILED"
    assert asked(signed(log, NEW), tmp_path, trust).exit_code == Exit.FINE


def test_a_stolen_old_key_that_forges_the_log_from_before_its_end_needs_the_newest_trust_file(tmp_path):
    log = small_log()
    for number in range(3):
        log.append(record("record.note", note=f"invented {number}"))
    forged = signed(log, OLD)
    assert asked(forged, tmp_path, TRUST).exit_code == Exit.FINE
    assert codes(asked(forged, tmp_path, NEWEST)) == {"E_KEY"}
    announced(log, OLD, THIRD)
    assert codes(asked(signed(log, THIRD), tmp_path, NEWEST)) >= {"E_KEY", "E_SIG"}


def test_a_compromised_key_counts_at_no_size_and_names_no_other(tmp_path):
    known = Trust(OLD.key.name, (OLD.key, NEW.key), terms=(Term(OLD.key, compromised=True), Term(NEW.key, 13)))
    verdict = asked(signed(small_log(), OLD), tmp_path, known)
    assert (codes(verdict), places(verdict, "E_KEY")) == ({"E_KEY"}, "checkpoint")
    assert "compromised" in verdict.problems[0].problem
    assert asked(signed(rotated("compromised"), NEW), tmp_path, known).exit_code == Exit.FINE
    log = small_log()
    announced(log, OLD, THIRD)
    assert codes(asked(signed(log, THIRD), tmp_path, known)) == {"E_SIG"}
    said = " ".join(page(asked(signed(rotated("compromised"), NEW), tmp_path), "pack.zip").split())
    assert "it was compromised. Ask for a trust file that was written since" in said


def test_an_entry_alone_makes_no_key_good(tmp_path):
    text = statement(OLD, NEW)
    for said in (
        "",
        text.replace("\u2014", "-", 1),
        statement(THIRD, NEW),
        statement(OLD, THIRD),
        sign_note(text.partition("\n\n")[0] + "\n", NEW).decode(),
        sign_note(text.partition("\n\n")[0] + "\n", OLD).decode(),
        sign_note(f"{OLD.key.name}\n5\n", OLD, NEW).decode(),
    ):
        log = small_log()
        announced(log, OLD, NEW, said)
        verdict = asked(signed(log, NEW), tmp_path)
        assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
        assert "E_SIG" in codes(verdict)
        if said != statement(THIRD, NEW):  # of a key that nobody knows nothing can be said
            assert places(verdict, "E_KEY") == "leaf 12"


def test_a_key_that_ended_names_no_other_one(tmp_path):
    log = rotated()
    announced(log, OLD, THIRD)
    verdict = asked(signed(log, NEW), tmp_path)
    assert (codes(verdict), places(verdict, "E_KEY")) == ({"E_KEY"}, "leaf 14")


def test_a_chain_of_three_keys_is_followed_from_the_first_and_from_the_second(tmp_path):
    log = rotated()
    announced(log, NEW, THIRD)
    ended(log, NEW)
    for trust in (TRUST, NEWEST, Trust(NEW.key.name, (NEW.key,)), Trust(THIRD.key.name, (THIRD.key,))):
        assert asked(signed(log, THIRD), tmp_path, trust).exit_code == Exit.FINE
        assert codes(asked(signed(log, OLD), tmp_path, trust)) <= {"E_KEY", "E_SIG"}


def test_a_log_that_changes_its_key_without_end_is_not_followed_without_end(tmp_path):
    log = small_log()
    for _ in range(300):
        ended(log, THIRD)
    ended(log, OLD)
    verdict = asked(signed(log, OLD), tmp_path)
    assert "256 changes" in verdict.problems[0].problem


def test_a_trust_file_keeps_what_each_key_may_sign():
    assert read_trust(trust_text(NEWEST).encode()) == NEWEST
    known = Trust(OLD.key.name, (OLD.key,), terms=(Term(OLD.key, compromised=True),))
    assert read_trust(trust_text(known).encode()) == known
    assert json.loads(trust_text(TRUST))["keys"] == [vkey_text(OLD.key)]


@pytest.mark.parametrize(
    "limits",
    [
        {"first": 5, "last": 4},
        {"first": -1},
        {"last": True},
        {"last": "9"},
        {"compromised": False},
        {"until": 9},
        {},
        {"key": 5, "last": 9},
    ],
)
def test_limits_of_a_key_that_say_nothing_clear_are_refused(limits):
    document = json.loads(trust_text(TRUST))
    document["keys"] = [{"key": vkey_text(OLD.key), **limits}]
    with pytest.raises(TrustUnreadable):
        read_trust(json.dumps(document).encode())
