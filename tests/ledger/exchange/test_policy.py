"""The policy of an auditor: read as published, and every text that says less or other than it seems is refused."""

import base64
import json
from pathlib import Path

import pytest

from clerestory.ledger.exchange.policy import LARGEST, Group, PolicyMalformed, read_policy
from clerestory.ledger.sign import signing_key
from clerestory.ledger.vkey import COSIGNATURE, VerifierKey, key_id, read_vkey, vkey_text

LEDGER = Path(__file__).parents[2] / "vectors/ledger"
VECTORS = json.loads((LEDGER / "exchange.json").read_text())
KEYS = {number: read_vkey(text) for number, text in VECTORS["vkeys"].items()}
WITNESSES = {number: VerifierKey(key.name, COSIGNATURE, key.public) for number, key in KEYS.items()}


def raw_vkey(name: str, kind: int, material: bytes) -> str:
    """A verifier key of any kind, with the id that belongs to it."""
    return f"{name}+{key_id(name, kind, material).hex()}+{base64.b64encode(bytes((kind,)) + material).decode()}"


PUBLIC = [
    bytes.fromhex(public)
    for public in json.loads((LEDGER / "notes.json").read_text())["cosigned"]["witnesses"].values()
]
NAMES = {
    "log": VECTORS["vkeys"]["1"],
    "plain": VECTORS["vkeys"]["1"],
    "unknown": raw_vkey("unknown.example.com", 0x63, bytes(32)),
    "ecdsa": raw_vkey("ecdsa.example.com", 0x02, b"\x01\x02\x03"),
    "again": raw_vkey("impostor.example.com", COSIGNATURE, WITNESSES["1"].public),
    **{f"wit{number}": vkey_text(key) for number, key in WITNESSES.items()},
    **{f"wit{4 + i}": raw_vkey(f"Wit{4 + i}", COSIGNATURE, public) for i, public in enumerate(PUBLIC[:3])},
}


def text(template: str) -> bytes:
    for name, key in NAMES.items():
        template = template.replace("{" + name + "}", key)
    return template.encode()


def test_the_example_of_the_text_is_read_as_it_is_meant():
    policy = read_policy(text(VECTORS["policies"]["spec example"]))
    assert list(policy.witnesses) == ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
    assert policy.groups["X-witnesses"].threshold == 2
    assert policy.groups["X-and-Y"] == Group(2, ("X-witnesses", "Y-witnesses"))
    assert (policy.quorum, policy.fewest(), len(policy.logs)) == ("X-and-Y", 3, 1)
    keys = {name: witness.key for name, witness in policy.witnesses.items()}
    assert policy.met_by([keys["X1"], keys["X3"], keys["Y2"]])
    assert not policy.met_by([keys["X1"], keys["Y1"], keys["Y2"], keys["Y3"]])
    assert not policy.met_by([keys["X1"], keys["X2"], keys["X3"]])


def test_no_quorum_is_met_by_nobody():
    policy = read_policy(text(VECTORS["policies"]["minimal"]))
    assert policy.met_by([])
    assert (policy.fewest(), policy.logs, policy.witnesses) == (0, (), {})


def test_blanks_comments_addresses_and_odd_names_are_read_as_published():
    spaced = read_policy(text(VECTORS["policies"]["whitespace and comments"]))
    assert spaced.witnesses["w1"].url == "https://w1.example.com/"
    addressed = read_policy(text(VECTORS["policies"]["urls optional and opaque"]))
    assert (addressed.logs[0].url, addressed.witnesses["w1"].url) == ("https://log.example.com/", "")
    words = read_policy(text(VECTORS["policies"]["keywords other than none are valid names"]))
    assert words.groups["group"].members == ("all", "any")


def test_names_are_bytes_and_two_letters_that_look_alike_are_two_names():
    kelvin, odd = "\u212a".encode(), b"K\x80\xff"
    lines = b"witness " + odd + b" " + text("{wit1}") + b"\nwitness " + kelvin + b" " + text("{wit2}")
    policy = read_policy(lines + b"\nwitness K " + text("{wit3}") + b"\nquorum " + odd + b"\n")
    assert policy.quorum.encode("utf-8", "surrogateescape") == odd
    assert len(policy.witnesses) == 3
    assert policy.met_by([WITNESSES["1"]])
    assert not policy.met_by([WITNESSES["2"], WITNESSES["3"]])


@pytest.mark.parametrize("name", VECTORS["bad_policies"])
def test_a_policy_that_is_published_as_wrong_is_refused(name):
    with pytest.raises(PolicyMalformed):
        read_policy(text(VECTORS["bad_policies"][name]))


@pytest.mark.parametrize("seen, met", VECTORS["met"]["list"])
def test_a_quorum_of_groups_is_met_as_published(seen, met):
    policy = read_policy(text(VECTORS["met"]["policy"]))
    assert policy.met_by([WITNESSES[number] for number in seen]) is met


def test_the_log_key_in_the_place_of_a_witness_meets_no_quorum():
    policy = read_policy(text("witness w1 {wit1}\nquorum w1\n"))
    assert not policy.met_by([KEYS["1"]])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"quorum none\x00\n",
        b"quorum\x0bnone\n",
        b"quorum none\x7f\n",
        "quorum\u00a0none\n".encode(),
        text("witness w1 {wit1}\ngroup g 01 w1\nquorum g\n"),
        text("witness w1 {wit1}\ngroup g ALL w1\nquorum g\n"),
        text("witness w1 {wit1}\ngroup g any g\nquorum g\n"),
        text("witness w1 {wit1}\ngroup g 99999999999999999999 w1\nquorum g\n"),
        text("log {wit1}\nquorum none\n"),
        b"#" * (LARGEST + 1),
    ],
)
def test_a_policy_that_could_be_read_in_two_ways_is_refused(data):
    with pytest.raises(PolicyMalformed):
        read_policy(data)


def test_as_many_logs_witnesses_and_groups_as_recommended_are_read_and_a_wrong_line_is_named():
    made = [signing_key(f"w{i}", i.to_bytes(32, "big"), COSIGNATURE).key for i in range(1, 33)]
    logs = [signing_key(f"l{i}", (99 + i).to_bytes(32, "big")).key for i in range(32)]
    lines = [f"log {vkey_text(key)}" for key in logs] + [f"witness {key.name} {vkey_text(key)}" for key in made]
    lines += ["group g0 2 w1 w2 w3", *(f"group g{i} all g{i - 1}" for i in range(1, 32)), "quorum g31"]
    policy = read_policy("\n".join(lines).encode())
    assert (len(policy.logs), len(policy.witnesses), len(policy.groups), policy.fewest()) == (32, 32, 32, 2)
    assert policy.met_by(made[:2])
    with pytest.raises(PolicyMalformed, match="Line 98 "):
        read_policy("\n".join([*lines, "quorum g1"]).encode())
