"""verify.py beside `clerestory-verify`: the same document, the same words and the same exit code, whatever the pack."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from clerestory.ledger.sign import signing_key
from clerestory.ledger.tile import bundle_bytes, read_bundle
from clerestory.ledger.vkey import COSIGNATURE
from clerestory.verify.command import run
from clerestory.verify.derivation import derive
from clerestory.verify.trust import Trust, trust_text
from tests.simulators import alone
from tests.simulators.log import KEY, measured, small_log
from tests.simulators.pack import ENTRIES, FACTS, TRUST, forged, members_of, pack_of, stranger, swap_at, zip_of
from tests.simulators.stamping import stamper
from tests.verify import test_rotation
from tests.verify.tamper import test_checkpoints, test_hostile
from tests.verify.test_log import with_leaves
from tests.verify.time.test_stamps import AT, stamped

PACK = pack_of(small_log(), judge=derive)
MEMBERS = members_of(PACK)
LEAVES, LINES = read_bundle(MEMBERS[ENTRIES]), MEMBERS[FACTS].splitlines()
WITNESS = signing_key("witness.example", bytes(range(3, 35)), COSIGNATURE)


def data_of(test, place: int = 0) -> list[bytes]:
    """The packs or parts of packs that another test is given."""
    (mark,) = [mark for mark in test.pytestmark if mark.name == "parametrize"]
    return [one.values[place] for one in mark.args[1]]


NO_PACKS = data_of(test_hostile.test_t21_a_file_that_is_no_pack_is_bad_input_with_a_place_and_a_remedy)
NOTES = data_of(test_checkpoints.test_t7_a_forged_checkpoint_is_refused_with_its_code)


@pytest.fixture
def both(tmp_path):
    """Ask both about a pack, as a document and as words; they say the same, and that is returned."""

    def ask(pack: bytes, *arguments: object, trust: Trust | None = TRUST) -> tuple[int, dict]:
        file, keys = tmp_path / "northlight.zip", tmp_path / "trust.json"
        file.write_bytes(pack)
        if trust is not None:
            keys.write_text(trust_text(trust))
            arguments = (*arguments, "--trust", keys)
        theirs = alone.answer(run, file, *arguments, "--json")
        assert alone.answer(alone.program(), file, *arguments, "--json") == theirs
        return theirs[0], json.loads(theirs[1])

    return ask


def test_an_untouched_pack_follows_with_every_status_derived_again(both):
    code, document = both(PACK)
    assert code == 0
    assert document["derivation"]["verdict"] == "follows"
    assert document["derivation"]["requirements"] > 60


def test_trust_is_asked_for_and_a_quorum_counted_alike(both):
    assert both(PACK, trust=None)[0] == 4
    assert both(PACK, trust=Trust(KEY.key.name, (stranger().key,)))[0] == 1
    assert both(PACK, trust=Trust(KEY.key.name, (KEY.key,), (WITNESS.key,), 1))[0] == 5


def test_an_earlier_pack_of_another_history_exposes_the_pack_in_both(both, tmp_path):
    earlier = tmp_path / "earlier.zip"
    earlier.write_bytes(PACK)
    assert both(PACK, "--earlier", earlier)[0] == 0
    rewritten = zip_of(with_leaves([*LEAVES[:-1]], [*LINES[:-1]], key=KEY))
    assert "E_FORK" in {problem["code"] for problem in both(rewritten, "--earlier", earlier)[1]["problems"]}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_flipped_bit_a_cut_and_a_missing_member_get_the_same_answer(both, name):
    middle = len(MEMBERS[name]) // 2
    for members in (
        MEMBERS | {name: swap_at(middle)(MEMBERS[name])},
        MEMBERS | {name: MEMBERS[name][:middle]},
        {other: data for other, data in MEMBERS.items() if other != name},
    ):
        assert both(zip_of(members))[0] in (1, 2)


def test_a_claimed_status_that_does_not_follow_is_the_same_mismatch(both):
    claims = json.loads(MEMBERS["statuses.json"])
    status = claims["statuses"]["iso42001-2023"]["9.3.1"]
    status["conformity"] = "CONFORMS" if status["conformity"] != "CONFORMS" else "STALE"
    text = json.dumps(claims, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    code, document = both(zip_of(forged(MEMBERS | {"statuses.json": text})))
    assert (code, document["derivation"]["mismatches"]) == (1, ["iso42001-2023 9.3.1"])


@pytest.mark.parametrize("at", [0, 6, 11])
def test_entries_taken_out_or_moved_get_the_same_answer(both, at):
    leaves = LEAVES[:at] + LEAVES[at + 1 :]
    assert both(zip_of(MEMBERS | {ENTRIES: bundle_bytes(leaves)}))[0] == 1
    other = (at + 1) % 12
    leaves = [LEAVES[other] if i == at else LEAVES[at] if i == other else leaf for i, leaf in enumerate(LEAVES)]
    assert both(zip_of(MEMBERS | {ENTRIES: bundle_bytes(leaves)}))[0] == 1


@pytest.mark.parametrize("how", test_hostile.DOCUMENTS)
def test_a_hostile_document_gets_the_same_answer(both, how):
    names = list(test_hostile.CODE_OF)
    name = names[list(test_hostile.DOCUMENTS).index(how) % len(names)]
    assert both(zip_of(MEMBERS | {name: test_hostile.DOCUMENTS[how]}))[0] in (1, 2)


@pytest.mark.parametrize("number", range(len(NO_PACKS)))
def test_a_file_that_is_no_pack_gets_the_same_answer(both, number):
    assert both(NO_PACKS[number])[0] == 2


@pytest.mark.parametrize("number", range(len(NOTES)))
def test_a_forged_checkpoint_gets_the_same_answer(both, number):
    assert both(zip_of(MEMBERS | {"checkpoint": NOTES[number]}))[0] == 1


@pytest.mark.parametrize("kind", ["RSA", "P-256", "P-384"])
def test_time_tokens_are_checked_alike_good_and_bad(both, kind):
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
    tsa = stamper(key=ec.generate_private_key(curves[kind]) if kind in curves else None)
    log = stamped(small_log(), (5, AT), (12, AT), by=tsa)
    named = replace(TRUST, authorities=tsa.by_issuer)
    packs = [pack_of(log, judge=derive)]
    for bad in (log.stamps[5], log.stamps[12][:-1] + bytes([log.stamps[12][-1] ^ 1]), b"x"):
        log.stamps[12] = bad
        packs.append(pack_of(log, judge=derive))
    assert [both(one, trust=named)[1]["time"]["tokens"]["verdict"] for one in packs] == ["checked", *["FAILED"] * 3]
    assert both(packs[0])[1]["time"]["tokens"] == {"verdict": "present, not checked", "count": 2}


def test_a_sample_is_drawn_alike(both):
    code, document = both(PACK, "--sample", 5, "--seed", "dice 4 1 6")
    assert (code, len(document["entries"])) == (0, 5)


def test_a_changed_key_is_followed_and_an_old_one_refused_alike(both):
    log = test_rotation.rotated()
    for trust, turns in ((TRUST, 2), (test_rotation.NEWEST, 1), (None, 0)):
        code, document = both(pack_of(test_rotation.signed(log, test_rotation.NEW), judge=derive), trust=trust)
        assert code == (4 if trust is None else 0)
        assert len(document["authenticity"].get("turns", [])) == turns
    log.append(measured(value="0.1"))
    assert both(pack_of(test_rotation.signed(log, test_rotation.OLD), judge=derive))[0] == 1
