"""The trust file: read in three forms, refused in all others."""

import json

import pytest

from clerestory.ledger.sign import signing_key
from clerestory.ledger.vkey import COSIGNATURE, vkey_text
from clerestory.verify.trust import Trust, TrustUnreadable, read_trust, trust_text

LOG = signing_key("clerestory.local/northlight", bytes(range(32))).key
NEXT = signing_key("clerestory.local/northlight", bytes(range(1, 33))).key
WITNESS = signing_key("witness.example/w", bytes(range(2, 34)), COSIGNATURE).key
SAME = signing_key("witness.example/w", bytes(range(32)), COSIGNATURE).key
WHOLE = Trust(LOG.name, (LOG, NEXT), (WITNESS,), 1)


def test_a_trust_file_is_read_back_as_it_was_written():
    assert read_trust(trust_text(WHOLE).encode()) == WHOLE


def test_plain_lines_of_keys_are_a_trust_file_too():
    text = f"# keys of Northlight Bank\n\n{vkey_text(LOG)}\n{vkey_text(WITNESS)}\n"
    assert read_trust(text.encode()) == Trust(LOG.name, (LOG,), (WITNESS,), 0)


POLICY = f"log {vkey_text(LOG)}\nwitness w {vkey_text(WITNESS)}\nquorum w\n"


def test_a_policy_is_a_trust_file_too():
    trust = read_trust(f"\n # of the auditor\n\n{POLICY}".encode())
    assert (trust.origin, trust.keys, trust.witnesses, trust.quorum) == (LOG.name, (LOG,), (WITNESS,), 1)
    assert trust.met_by([WITNESS])
    assert not trust.met_by([])


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
        POLICY.replace(f"log {vkey_text(LOG)}\n", "").encode(),
        POLICY.replace("quorum w", "quorum v").encode(),
        POLICY.replace(vkey_text(WITNESS), vkey_text(SAME)).encode(),
        b"quorum none\n",
        b"hello",
        b"PK\3\4",
    ],
)
def test_a_file_that_is_no_trust_file_is_refused_with_a_remedy(data):
    with pytest.raises(TrustUnreadable) as refusal:
        read_trust(data)
    assert refusal.value.remedy
