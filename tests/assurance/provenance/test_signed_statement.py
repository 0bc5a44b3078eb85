"""Signed statements of origin: who signed, what is named, and whether the files are those."""

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write
from tests.simulators.signing import envelope, pem, statement

NAME = "provenance.signed-statement"
KEY, OTHER = Ed25519PrivateKey.from_private_bytes(b"1" * 32), Ed25519PrivateKey.from_private_bytes(b"2" * 32)
DEMO = Path(__file__).parents[3] / "src" / "clerestory" / "demo" / "data"
SLSA = "https://slsa.dev/provenance/v1"


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A real data set with a statement of its origin, signed by one key."""
    body = (DEMO / "german_credit.parquet").read_bytes()
    return write(tmp_path, {"credit.parquet": body, "keys/a.pem": pem(KEY),
                            "credit.intoto.jsonl": statement({"credit.parquet": sha(body)}, SLSA, KEY)})  # fmt: skip


def test_a_real_data_set_with_its_signed_statement_passes_and_one_byte_more_fails(origin):
    found = measured(NAME, origin, covers=["*.parquet"], predicates=[SLSA])
    assert {cell.group: cell.n for cell in found.by_group} == {"statement": 1, "subject": 1, "covered file": 1}
    assert verdict(found) is Verdict.PASS
    with (origin / "credit.parquet").open("ab") as file:
        file.write(b"\n")
    changed = measured(NAME, origin, covers=["*.parquet"])
    assert changed.value == 2.0
    assert verdict(changed) is Verdict.FAIL


@pytest.mark.parametrize(
    "given, why",
    [({"signatures": 2}, "1 of 2 trusted keys"), ({"predicates": ["https://spdx.dev/Document"]}, "says https")],
)
def test_too_few_keys_or_another_kind_of_statement_fails(origin, given, why):
    found = measured(NAME, origin, **given)
    assert why in found.details["statement: broken"]
    assert verdict(found) is Verdict.FAIL


@pytest.mark.parametrize(
    "body",
    [statement({"credit.parquet": "00" * 32}, SLSA, OTHER), b"{}", b"", envelope("text/plain", b"x", KEY), b"\xff\xfe"],
)
def test_a_statement_of_another_key_or_form_fails(origin, body):
    assert verdict(measured(NAME, write(origin, {"b.intoto.jsonl": body}))) is Verdict.FAIL


def test_two_keys_that_signed_are_two_and_one_key_twice_is_one(origin):
    said = statement({"credit.parquet": sha((origin / "credit.parquet").read_bytes())}, SLSA, KEY, KEY)
    assert measured(NAME, write(origin, {"credit.intoto.jsonl": said}), signatures=2).value == 1.0
    said = statement({"credit.parquet": sha((origin / "credit.parquet").read_bytes())}, SLSA, KEY, OTHER)
    both = write(origin, {"credit.intoto.jsonl": said, "keys/b.pem": pem(OTHER)})
    assert verdict(measured(NAME, both, signatures=2)) is Verdict.PASS


def test_a_named_file_that_is_not_there_is_not_judged_and_no_statement_says_nothing(origin):
    (origin / "credit.parquet").unlink()
    found = measured(NAME, origin)
    assert (found.value, found.high) == (0.0, 1.0)
    assert verdict(found) is Verdict.INCONCLUSIVE
    outside = statement({"../../etc/passwd": "00" * 32, "a/../../b": "00" * 32}, SLSA, KEY)
    assert measured(NAME, write(origin, {"b.dsse.json": outside})).high == 3.0
    (origin / "b.dsse.json").unlink()
    (origin / "credit.intoto.jsonl").unlink()
    assert measured(NAME, origin).reason is Reason.INSUFFICIENT_DATA


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.booleans(), min_size=1, max_size=4))
def test_as_many_files_count_as_were_changed(tmp_path, changed):
    names = {f"{number}.bin": bytes([number]) for number in range(len(changed))}
    said = statement({name: sha(body) for name, body in names.items()}, SLSA, KEY)
    files = {name: body + b"!" * new for (name, body), new in zip(names.items(), changed, strict=True)}
    found = measured(NAME, write(tmp_path, files | {"a.dsse.json": said, "keys/a.pem": pem(KEY)}))
    assert (found.value, found.high) == (sum(changed), sum(changed))


def test_a_statement_about_nothing_and_a_pattern_that_covers_nothing_are_no_pass(origin):
    assert verdict(measured(NAME, origin, covers=["*.parqet"])) is Verdict.INCONCLUSIVE
    empty = write(origin, {"credit.intoto.jsonl": statement({}, SLSA, KEY)})
    assert verdict(measured(NAME, empty)) is Verdict.INCONCLUSIVE


def test_one_key_that_lies_there_under_two_names_is_one_of_two(origin):
    twice = write(origin, {"keys/copy.pem": pem(KEY)})
    assert "1 of 2 trusted keys" in measured(NAME, twice, signatures=2).details["statement: broken"]
