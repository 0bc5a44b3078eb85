"""Stored records against their register, their retention, and the log verified by the auditor's program."""

import base64
import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.moment import moment_text
from clerestory.terms.status import Verdict
from clerestory.verify.trust import Trust, TrustUnreadable, trust_text
from tests.simulators.grounded import AS_OF, measured, verdict, write
from tests.simulators.log import KEY
from tests.simulators.pack import MEMBERS, PACK, changed, stranger, zip_of

CONTENT, KEPT, LOG = "records.content-integrity", "records.retention", "records.ledger-verification"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of nothing, FIPS 180-4


def test_records_as_registered_pass_and_a_changed_missing_or_unregistered_one_fails(tmp_path):
    files = {"records.csv": f"path,digest\nstore/a.pdf,{EMPTY}\n", "store/a.pdf": b""}
    assert verdict(measured(CONTENT, write(tmp_path, files), stored=["store/*"])) is Verdict.PASS
    found = measured(CONTENT, write(tmp_path, {"store/b.pdf": b"x"}), stored=["store/*"])
    assert found.details["stored file: broken"] == "store/b.pdf: is not registered"
    assert verdict(measured(CONTENT, write(tmp_path, {"store/a.pdf": b"x"}))) is Verdict.FAIL
    (tmp_path / "store/a.pdf").unlink()
    assert "is not there" in measured(CONTENT, tmp_path).details["record: broken"]


def test_a_register_that_contradicts_itself_is_refused_and_none_says_nothing(tmp_path):
    assert measured(CONTENT, tmp_path).reason is Reason.INSUFFICIENT_DATA
    files = {"records.csv": f"path,digest\na,{EMPTY}\na,{'0' * 64}\n"}
    with pytest.raises(FileUnusable, match="has two digests"):
        measured(CONTENT, write(tmp_path, files))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.binary(max_size=2), st.binary(max_size=2)), min_size=1))
def test_as_many_records_count_as_differ(tmp_path, files):
    lines = "".join(f"{name},{hashlib.sha256(old).hexdigest()}\n" for name, (old, _) in files.items())
    folder = write(tmp_path, {name: new for name, (_, new) in files.items()} | {"records.csv": f"path,digest\n{lines}"})
    assert measured(CONTENT, folder).value == sum(old != new for old, new in files.values())


RULES = '[class.log]\nkeep = "P180D"\ndispose = "P2Y"\n[class.contract]\nkeep = "P10Y"\n'
HEAD = "id,class,created_at,path,disposed_at,hold\n"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ago(days: int) -> str:
    return moment_text(NOW - timedelta(days=days))


def retained(folder, *rows: str, files: dict[str, bytes] | None = None):
    assert moment_text(NOW) == AS_OF
    listed = HEAD + "".join(f"{row}\n" for row in rows)
    return measured(KEPT, write(folder, {"retention.toml": RULES, "records.csv": listed} | (files or {})))


def test_records_in_time_pass(tmp_path):
    found = retained(
        tmp_path,
        f"1,log,{ago(10)},a.log,,",
        f"2,log,{ago(400)},,{ago(200)},",
        f"3,log,{ago(900)},held.log,,true",
        "4,contract,2020-01-01,c[1].pdf,,",
        files={"a.log": b"", "held.log": b"", "c[1].pdf": b""},
    )
    assert found.n == 4
    assert verdict(found) is Verdict.PASS


@pytest.mark.parametrize(
    "row, why",
    [
        (f"1,log,{ago(400)},,{ago(300)},", "too early"),  # 100 days of 180
        (f"1,log,{ago(731)},a.log,,", "too long"),  # two years are 730 days
        (f"1,log,{ago(400)},,{ago(100)},true", "under a hold"),
        (f"1,log,{ago(400)},a.log,{ago(100)},", "still there"),
        (f"1,log,{ago(10)},gone.log,,", "not there and not said"),
        (f"1,log,{ago(-1)},a.log,,", "not in order"),
        (f"1,log,{ago(10)},,{ago(20)},", "not in order"),
    ],
)
def test_what_was_kept_too_short_or_too_long_fails(row, why, tmp_path):
    found = retained(tmp_path, row, files={"a.log": b""})
    assert why in found.details["log: broken"]
    assert verdict(found) is Verdict.FAIL


def test_the_last_day_is_still_in_time(tmp_path):
    found = retained(tmp_path, f"1,log,{ago(730)},a.log,,", f"2,log,{ago(400)},,{ago(220)},", files={"a.log": b""})
    assert verdict(found) is Verdict.PASS


@pytest.mark.parametrize(
    "row",
    [
        f"1,mail,{ago(1)},a,,",
        "1,log,once,a,,",
        f"1,log,{ago(1)},,,",
        f"1,log,{ago(1)},a,soon,",
        f"1,log,{ago(1)},../a,,",
    ],
)
def test_what_cannot_be_judged_is_counted_as_such(row, tmp_path):
    found = retained(tmp_path, row, f"2,log,{ago(1)},a,,", files={"a": b""})
    assert (found.value, found.high) == (0.0, 1.0)
    assert verdict(found) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "rules, problem",
    [
        ("", "no class"),
        ("[class.a]\n", "no duration"),
        ('[class.a]\nkeep = "P2Y"\ndispose = "P1Y"\n', "before it may be"),
    ],
)
def test_rules_of_another_form_are_refused(rules, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        measured(KEPT, write(tmp_path, {"retention.toml": rules}))
    with pytest.raises(FileUnusable, match="twice"):
        retained(tmp_path, f"1,log,{ago(1)},a,,", f"1,log,{ago(1)},a,,")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1_500), st.integers(0, 1_500))
def test_a_disposal_is_in_time_from_the_day_on_that_the_rule_says(tmp_path, created, disposed):
    found = retained(tmp_path, f"1,log,{ago(created)},,{ago(disposed)},")
    assert (found.value == 0.0) is (created - disposed >= 180)


TRUST = trust_text(Trust(KEY.key.name, (KEY.key,)))


def test_a_whole_log_with_the_key_that_somebody_vouches_for_passes(tmp_path):
    found = measured(LOG, write(tmp_path, {"pack.zip": PACK, "trust.json": TRUST}))
    assert {cell.group: cell.n for cell in found.by_group} == {"entry": 12, "log": 1}
    assert verdict(found) is Verdict.PASS


def rfc_6962(leaves: list[bytes]) -> bytes:
    """Return the root of RFC 6962, section 2.1, by its own recursion: split at the largest power of two below n."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + rfc_6962(leaves[:split]) + rfc_6962(leaves[split:])).digest()


def test_a_log_is_whole_whose_root_is_that_of_rfc_6962_and_of_another_implementation(tmp_path):
    bundle, leaves = MEMBERS["entries/000.p/12"], []
    while bundle:  # tlog-tiles: each entry behind its length in two bytes
        size = int.from_bytes(bundle[:2], "big")
        leaves.append(bundle[2 : 2 + size])
        bundle = bundle[2 + size :]
    assert MEMBERS["checkpoint"].decode().splitlines()[1:3] == ["12", base64.b64encode(rfc_6962(leaves)).decode()]
    found = measured(LOG, write(tmp_path, {"pack.zip": PACK, "trust.json": TRUST}))
    assert (found.value, found.high, found.n) == (0.0, 0.0, 13)  # twelve entries and the log


def test_a_pack_that_nobody_vouches_for_is_not_judged_and_one_of_another_key_fails(tmp_path):
    found = measured(LOG, write(tmp_path, {"pack.zip": PACK}))
    assert verdict(found) is Verdict.INCONCLUSIVE
    other = stranger()
    foreign = trust_text(Trust(other.key.name, (other.key,)))
    assert verdict(measured(LOG, write(tmp_path, {"trust.json": foreign}))) is Verdict.FAIL


def test_an_entry_that_was_changed_fails_and_what_is_no_pack_is_refused(tmp_path):
    name = next(name for name in MEMBERS if "facts" in name)
    broken = zip_of(changed(MEMBERS, name, lambda body: body[:-2] + b"x\n"))
    found = measured(LOG, write(tmp_path, {"pack.zip": broken, "trust.json": TRUST}))
    assert verdict(found) is Verdict.FAIL
    with pytest.raises(FileUnusable, match="cannot be verified"):
        measured(LOG, write(tmp_path, {"pack.zip": b"no pack"}))
    with pytest.raises(TrustUnreadable):
        measured(LOG, write(tmp_path, {"pack.zip": PACK, "trust.json": "{}"}))


def test_without_a_pack_nothing_is_said(tmp_path):
    assert measured(LOG, write(tmp_path, {"trust.json": TRUST})).reason is Reason.INSUFFICIENT_DATA


LOGGED = tuple(name for name in MEMBERS if name.startswith(("checkpoint", "entries/", "payloads/", "openings")))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(LOGGED), st.integers(0, 2**32 - 1), st.integers(1, 255))
def test_no_byte_of_the_log_in_a_pack_can_be_changed_unnoticed(tmp_path, name, at, by):
    whole = bytearray(MEMBERS[name])
    whole[at % len(whole)] ^= by
    write(tmp_path, {"pack.zip": zip_of(changed(MEMBERS, name, lambda _: bytes(whole))), "trust.json": TRUST})
    with suppress(FileUnusable):  # a pack that cannot be verified at all is refused
        assert verdict(measured(LOG, tmp_path)) is not Verdict.PASS
