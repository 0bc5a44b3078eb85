"""The trust file: read in two forms, refused in all others."""

import json

import pytest

from clerestory.ledger.sign import signing_key
from clerestory.ledger.vkey import COSIGNATURE, vkey_text
from clerestory.verify.trust import Trust, TrustUnreadable, read_trust, trust_text

LOG = signing_key("clerestory.local/northlight", bytes(range(32))).key
NEXT = signing_key("clerestory.local/northlight", bytes(range(1, 33))).key
WITNESS = signing_key("witness.example/w", bytes(range(2, 34)), COSIGNATURE).key
WHOLE = Trust(LOG.name, (LOG, NEXT), (WITNESS,), 1)


def test_a_trust_file_is_read_back_as_it_was_written():
    assert read_trust(trust_text(WHOLE).encode()) == WHOLE


def test_plain_lines_of_keys_are_a_trust_file_too():
    text = f"# keys of Northlight Bank\n\n{vkey_text(LOG)}\n{vkey_text(WITNESS)}\n"
    assert read_trust(text.encode()) == Trust(LOG.name, (LOG,), (WITNESS,), 0)


def changed(**change: object) -> bytes:
    return json.dumps(json.loads(trust_text(WHOLE)) | change).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# nothing\n",
        b"{",
        b"{}",
        b"[]",
        b"\xff",
        b"{" * 100_000,
        changed(v=2),
        changed(v=True),
        changed(extra=1),
        changed(keys=[]),
        changed(keys="x"),
        changed(keys=[vkey_text(WITNESS)]),
        changed(witnesses=[vkey_text(LOG)]),
        changed(quorum=2),
        changed(quorum=-1),
        changed(quorum=True),
        changed(quorum=1.0),
        changed(origin="other"),
        changed(origin=1),
        changed(keys=[vkey_text(LOG), vkey_text(LOG)]),
        changed(keys=["a+b+c"]),
        changed(quorum=None),
        changed().replace(b'"v": 1', b'"v": 1, "v": 1'),
        vkey_text(WITNESS).encode(),
        b"hello",
        b"PK\3\4",
    ],
)
def test_a_file_that_is_no_trust_file_is_refused_with_a_remedy(data):
    with pytest.raises(TrustUnreadable) as refusal:
        read_trust(data)
    assert refusal.value.remedy
