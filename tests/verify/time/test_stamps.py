"""Time tokens in packs (T10): what is proven of the time, what is refused, and that no clock moves an entry."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256

import pytest

from clerestory.ledger.checkpoint import Checkpoint, checkpoint_text
from clerestory.ledger.note import note_bytes, read_note
from clerestory.ledger.sign import cosign, signing_key
from clerestory.ledger.stamp.token import Authority, request
from clerestory.ledger.tree import leaf_hash, root
from clerestory.ledger.vkey import COSIGNATURE
from clerestory.verify.trust import Trust, TrustUnreadable, read_trust, trust_text
from clerestory.verify.verdict import Exit
from clerestory.verify.words import page
from tests.simulators import stamping
from tests.simulators.log import KEY, START, MemoryLog, record, small_log
from tests.simulators.pack import TRUST, codes, forged, judged, members_of, pack_of, places, zip_of
from tests.simulators.stamping import days, response_of, stamper

AT = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
TSA = stamper(key=stamping.rsa_key(), by=stamping.rsa_key())
NAMED = replace(TRUST, authorities=TSA.by_issuer)
WITNESS = signing_key("witness.example", bytes(range(3, 35)), COSIGNATURE)


def text_of(log: MemoryLog, size: int) -> bytes:
    """The three lines of the checkpoint of a size."""
    return checkpoint_text(Checkpoint(log.origin, size, root(map(leaf_hash, log.leaf_list[:size])))).encode()


def stamped(log: MemoryLog, *sizes: tuple[int, datetime], by: stamping.Stamper = TSA) -> MemoryLog:
    for size, at in sizes:
        log.stamps[size] = response_of(by, text_of(log, size), at)
    return log


def cosigned(log: MemoryLog, at: datetime) -> str:
    return note_bytes(cosign(read_note(log.note.encode()), WITNESS, int(at.timestamp()))).decode()


@cache
def pack() -> bytes:
    return pack_of(stamped(small_log(), (5, AT - days(1)), (12, AT)))


def test_tokens_bound_the_time_of_what_they_are_over(tmp_path):
    verdict = judged(pack(), tmp_path, trust=NAMED)
    assert verdict.exit_code == Exit.FINE
    assert verdict.time["verdict"] == "stamped"
    assert verdict.time["tokens"] == {
        "verdict": "checked",
        "count": 2,
        "proven": [
            {"size": 5, "not_after": "2026-11-01T12:00:00.000000Z", "authority": "Proof TSA"},
            {"size": 12, "not_after": "2026-11-02T12:00:00.000000Z", "authority": "Proof TSA"},
        ],
        "unknown": 0,
        "backwards": 0,
    }


def test_a_token_by_openssl_in_a_pack_is_checked_by_us_and_by_openssl(tmp_path):
    log = small_log()
    text = text_of(log, 12)
    log.stamps[12] = stamping.openssl_reply(TSA, request(sha256(text).digest(), 1), tmp_path)
    members = members_of(pack_of(log))
    verdict = judged(zip_of(members), tmp_path, trust=NAMED)
    assert (verdict.exit_code, verdict.time["verdict"]) == (Exit.FINE, "stamped")
    lines = members["checkpoint"].decode().splitlines(keepends=True)[:3]
    assert stamping.openssl_accepts(TSA, members["tsr/12.tsr"], "".join(lines).encode(), tmp_path)


def test_without_a_named_authority_tokens_are_present_and_not_checked(tmp_path):
    for trust in (TRUST, None):
        verdict = judged(pack(), tmp_path, trust=trust)
        assert verdict.follows
        assert verdict.time["verdict"] == "claimed by the log alone"
        assert verdict.time["tokens"] == {"verdict": "present, not checked", "count": 2}
    assert "tokens" not in judged(pack_of(small_log()), tmp_path, trust=NAMED).time


def test_t10_a_token_of_an_authority_that_is_not_named_proves_nothing_and_is_counted(tmp_path):
    trust = replace(TRUST, authorities=stamper(key=stamping.rsa_key()).by_issuer)
    verdict = judged(pack(), tmp_path, trust=trust)
    assert verdict.exit_code == Exit.FINE
    assert verdict.time["verdict"] == "claimed by the log alone"
    assert (verdict.time["tokens"]["unknown"], verdict.time["tokens"]["proven"]) == (2, [])


def wrong() -> dict[str, bytes]:
    """Tokens that must not stand for the checkpoint of size 12."""
    log = small_log()
    other = small_log()
    other.append(record("record.note", note="one more"))
    late = stamper(key=TSA.key, by=stamping.rsa_key(), end=AT - days(1))
    return {
        "another size": response_of(TSA, text_of(log, 11), AT),
        "another log": response_of(TSA, text_of(log, 12).replace(b"northlight", b"southlight"), AT),
        "another root": response_of(TSA, text_of(other, 12)[:-10] + b"AAAAAAAA=\n", AT),
        "the signed note": response_of(TSA, log.note.encode(), AT),
        "not granted": response_of(TSA, text_of(log, 12), AT, status=2),
        "another signature": response_of(TSA, text_of(log, 12), AT, signed_again=text_of(log, 11)),
        "expired": response_of(replace(late, issuer=TSA.issuer), text_of(log, 12), AT),
        "cut": response_of(TSA, text_of(log, 12), AT)[:-3],
        "empty": b"",
        "no token": b"<html>502</html>",
    }


WRONG = wrong()


@pytest.mark.parametrize("name", WRONG)
def test_t10_a_token_that_is_wrong_is_named_with_its_member(name, tmp_path):
    log = stamped(small_log(), (5, AT))
    log.stamps[12] = WRONG[name]
    named = replace(TRUST, authorities=(*TSA.by_issuer, Authority(TSA.der)))
    if name == "expired":
        late = stamper(key=TSA.key, by=TSA.key, end=AT - days(1))
        log.stamps[12] = response_of(late, text_of(log, 12), AT)
        named = replace(TRUST, authorities=(*TSA.by_issuer, *late.named))
    verdict = judged(pack_of(log), tmp_path, trust=named)
    assert (codes(verdict), places(verdict, "E_TIME")) == ({"E_TIME"}, "tsr/12.tsr")
    assert (verdict.exit_code, verdict.time["tokens"]["verdict"]) == (Exit.DOES_NOT_FOLLOW, "FAILED")
    assert [one["size"] for one in verdict.time["tokens"]["proven"]] == [5]
    assert judged(pack_of(log), tmp_path).time["tokens"]["verdict"] == "present, not checked"


def test_t10_a_certificate_that_expired_after_its_token_still_proves(tmp_path):
    tsa = stamper(key=TSA.key, by=stamping.rsa_key(), end=AT + days(1))
    log = stamped(small_log(), (12, AT), by=tsa)
    verdict = judged(pack_of(log), tmp_path, trust=replace(TRUST, authorities=tsa.by_issuer))
    assert (verdict.exit_code, verdict.time["verdict"]) == (Exit.FINE, "stamped")


def test_t10_a_key_that_was_revoked_counts_before_and_not_after(tmp_path):
    (authority,) = TSA.by_issuer
    trust = replace(TRUST, authorities=(replace(authority, until=AT - days(0.5)),))
    verdict = judged(pack(), tmp_path, trust=trust)
    assert places(verdict, "E_TIME") == "tsr/12.tsr"
    assert [one["size"] for one in verdict.time["tokens"]["proven"]] == [5]


def test_t10_a_token_older_than_that_of_the_checkpoint_before_is_flagged_and_no_order_changes(tmp_path):
    verdict = judged(pack_of(stamped(small_log(), (5, AT), (12, AT - days(0.2)))), tmp_path, trust=NAMED)
    assert verdict.exit_code == Exit.FINE
    assert verdict.time["tokens"]["backwards"] == 1
    assert verdict.order == judged(pack(), tmp_path, trust=NAMED).order


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1), timedelta(seconds=1)])
def test_t10_a_clock_of_the_log_that_jumps_is_flagged_and_no_order_changes(jump, tmp_path):
    log = small_log()
    for _ in range(3):
        log.append(record("record.note", note="after the jump"), START + timedelta(minutes=12) + jump)
    stamped(log, (15, START + timedelta(hours=1)))
    verdict = judged(pack_of(log), tmp_path, trust=NAMED)
    assert verdict.exit_code == Exit.FINE
    assert verdict.order["received_out_of_order"] == (1 if jump < timedelta() else 0)
    assert verdict.time.get("claimed_later", 0) == (3 if jump == timedelta(days=1) else 0)
    if jump == timedelta(days=1):
        assert "A clock was wrong; their place in the log" in " ".join(page(verdict, "pack.zip").split())


@pytest.mark.parametrize("behind", [False, True])
def test_t10_a_witness_that_is_ahead_or_behind_moves_the_bound_and_is_flagged_where_it_contradicts(behind, tmp_path):
    log = small_log()
    at = START + (timedelta(days=-1) if behind else timedelta(days=1))
    log.signed = cosigned(log, at)
    trust = replace(TRUST, witnesses=(WITNESS.key,), quorum=1)
    verdict = judged(pack_of(log), tmp_path, trust=trust)
    assert (verdict.exit_code, verdict.time["verdict"]) == (Exit.FINE, "witnessed")
    assert verdict.time.get("claimed_later", 0) == (12 if behind else 0)
    both = judged(pack_of(stamped(log, (12, AT))), tmp_path, trust=replace(trust, authorities=TSA.named))
    assert both.time["verdict"] == "witnessed and stamped"


def test_each_kind_of_time_says_in_words_what_it_proves_and_never_that_something_was_created_then(tmp_path):
    log = small_log()
    log.signed = cosigned(log, AT)
    witnessed = replace(TRUST, witnesses=(WITNESS.key,))
    said = {
        "claimed": page(judged(pack_of(small_log()), tmp_path), "pack.zip"),
        "unchecked": page(judged(pack(), tmp_path), "pack.zip"),
        "stamped": page(judged(pack(), tmp_path, trust=NAMED), "pack.zip"),
        "witnessed": page(judged(pack_of(log), tmp_path, trust=witnessed), "pack.zip"),
    }
    said = {kind: " ".join(text.split()) for kind, text in said.items()}
    assert "No proof of time that could be checked. When an entry was made is the log's own word." in said["claimed"]
    assert "Time tokens: 2 present, not checked, since the trust file names no authority for time." in said["unchecked"]
    assert "The first 12 entries existed not later than 2026-11-02 12:00:00 UTC" in said["stamped"]
    assert "All entries existed not later than 2026-11-02 12:00:00 UTC" in said["witnessed"]
    assert not any("created at" in text for text in said.values())


def test_tokens_are_members_in_their_order_and_none_under_another_name(tmp_path):
    members = members_of(pack())
    names = list(members)
    assert names[names.index("payloads/facts/000.jsonl") + 1 :][:2] == ["tsr/5.tsr", "tsr/12.tsr"]
    for name in ("tsr/13.tsr", "tsr/0.tsr", "tsr/05.tsr", "tsr/x.tsr", "tsr/5.tsr.tsr"):
        odd = dict(members)
        odd[name] = odd.pop("tsr/12.tsr")
        assert "E_MEMBER" in codes(judged(zip_of(odd), tmp_path, trust=NAMED))
    swapped = forged(members | {"tsr/5.tsr": members["tsr/12.tsr"]})
    assert codes(judged(zip_of(swapped), tmp_path, trust=NAMED)) == {"E_TIME"}


def test_a_trust_file_names_authorities_with_their_end_and_refuses_what_is_none():
    (authority,) = TSA.by_issuer
    trust = Trust(KEY.key.name, (KEY.key,), authorities=(replace(authority, until=AT), Authority(TSA.der)))
    text = trust_text(trust)
    assert read_trust(text.encode()) == trust
    assert '"authorities"' not in trust_text(TRUST)
    for old, new in (
        ('"until": "2026-11-02T12:00:00.000000Z"', '"until": "yesterday"'),
        ('"until"', '"since"'),
        ('"certificate": "MII', '"certificate": "AII'),
        ('"certificate": "MII', '"certificate": " MII'),
    ):
        assert old in text
        with pytest.raises(TrustUnreadable):
            read_trust(text.replace(old, new).encode())
