"""A sample that an auditor draws: the same for everybody, of the kind that was asked for, and of no forged pack."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from clerestory.verify.command import main
from clerestory.verify.derivation import derive
from clerestory.verify.sample import SampleImpossible, draw, page, sample
from clerestory.verify.trust import trust_text
from tests.simulators.log import MemoryLog, measured, record, small_log
from tests.simulators.pack import TRUST, changed, members_of, pack_of, swap_at, zip_of

PACK = pack_of(small_log(), judge=derive)
ROOT = bytes.fromhex("ab" * 32)
# sha256sum and sort of a shell over "clerestory-sample/v1\nSEED\nROOT\nPLACE\n", the 25 smallest of places 0 to 311
BY_SHELL = [
    2, 13, 22, 27, 33, 46, 60, 63, 71, 86, 112, 146, 148, 183, 188, 200, 205, 228, 236, 238, 241, 244, 251, 258, 279,
]  # fmt: skip


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Give the pack of twelve entries as a file."""
    file = tmp_path / "northlight.zip"
    file.write_bytes(PACK)
    return file


def test_25_of_312_are_those_that_another_program_draws():
    assert draw(range(312), 25, "dice 4 1 6", ROOT) == BY_SHELL


@given(st.sets(st.integers(0, 10_000), max_size=60), st.integers(1, 30), st.text(max_size=9), st.integers(1, 20))
def test_a_sample_is_drawn_without_replacement_and_begins_any_larger_one(positions, count, seed, more):
    drawn = draw(positions, count, seed, ROOT)
    assert drawn == sorted(set(drawn))
    assert len(drawn) == min(count, len(positions))
    assert set(drawn) <= positions
    assert set(drawn) <= set(draw(positions, count + more, seed, ROOT))
    assert drawn == draw(sorted(positions, reverse=True), count, seed, ROOT)


def test_each_place_is_drawn_about_as_often_as_any_other():
    counts = [0] * 40
    for seed in range(2000):
        for place in draw(range(40), 5, str(seed), ROOT):
            counts[place] += 1
    assert chisquare(counts).pvalue > 0.001


@pytest.mark.parametrize("other", [("dice 4 1 7", ROOT), ("dice 4 1 6", bytes(32))])
def test_another_seed_or_another_root_draws_others(other):
    assert draw(range(312), 25, *other) != BY_SHELL


def test_each_drawn_entry_says_where_its_facts_and_its_content_are(pack):
    found = sample(pack, 12, "dice")
    assert (found.population, [one.position for one in found.drawn]) == (12, list(range(12)))
    members = members_of(PACK)
    for one in found.drawn:
        line = json.loads(members[one.facts].splitlines()[one.line - 1])
        assert (line["entry_id"], line["kind"]) == (one.entry_id, one.kind)
    assert [one.content for one in found.drawn][3:9] == [
        "payloads/content/3.json",
        "payloads/content/4.txt",
        "withheld",
        "none",
        "erased",
        "payloads/content/8.bin",
    ]
    assert "12 of 12 entries, seed 'dice'" in page(found, pack.name)


def test_a_sample_of_one_kind_is_drawn_from_that_kind_alone(pack):
    found = sample(pack, 2, "dice", "check")
    assert {one.kind for one in found.drawn} == {"check"}
    assert found.population == sum(one.kind == "check" for one in sample(pack, 12, "dice").drawn)
    assert "of the kind check" in page(found, pack.name)


@pytest.mark.parametrize(
    "count, seed, kind",
    [(0, "dice", ""), (-1, "dice", ""), (5, "", ""), (5, "a\nb", ""), (5, "x" * 201, ""), (5, "dice", "record.none")],
)
def test_a_sample_that_cannot_be_drawn_or_repeated_is_refused(pack, count, seed, kind):
    with pytest.raises(SampleImpossible):
        sample(pack, count, seed, kind)


def test_entries_beyond_the_first_piece_are_found_by_piece_and_line(tmp_path):
    log = MemoryLog()
    for number in range(300):
        log.append(measured(value=f"0.{number}") if number % 2 else record("record.note", note=str(number)))
    (tmp_path / "pack.zip").write_bytes(pack_of(log))
    found = sample(tmp_path / "pack.zip", 300, "dice")
    assert [one.position for one in found.drawn] == list(range(300))
    assert (found.drawn[299].facts, found.drawn[299].line) == ("payloads/facts/001.jsonl", 44)


def test_the_auditors_command_draws_from_a_pack_that_follows_and_from_no_other(pack, tmp_path, capsys):
    trust = tmp_path / "trust.json"
    trust.write_text(trust_text(TRUST))
    words = [str(pack), "--trust", str(trust), "--sample", "3", "--seed", "dice", "--json"]
    assert main(words) == 0
    shown = json.loads(capsys.readouterr().out)
    expected = {"method": "clerestory-sample/v1", "seed": "dice", "kind": "", "population": 12, "count": 3}
    assert shown | expected == shown
    assert [one["position"] for one in shown["entries"]] == draw(range(12), 3, "dice", bytes.fromhex(shown["root"]))
    assert main([str(pack), "--sample", "3", "--seed", "dice"]) == 4
    told = capsys.readouterr()
    assert "3 of 12 entries" in told.out
    assert "nobody vouched" in told.err
    assert main([str(pack), "--trust", str(trust), "--sample", "3"]) == 2
    assert "seed" in capsys.readouterr().err
    pack.write_bytes(zip_of(changed(members_of(PACK), "payloads/content/4.txt", swap_at(2))))
    assert main(words) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["follows"], "entries" in shown) == (False, False)
