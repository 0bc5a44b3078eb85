"""One flipped bit anywhere in a small pack: refused and named, or without any effect on what the verdict says.

Logical flips are put into a new, whole zip with the manifest left as it was; raw flips hit the zip file itself.
"""

import random

import pytest

from clerestory.verify.verdict import Exit
from tests.simulators.log import small_log
from tests.simulators.pack import codes, judged, members_of, pack_of, zip_of

PACK = pack_of(small_log(), scope="all")
MEMBERS = members_of(PACK)
NAMING = {
    "checkpoint": {"E_CHECKPOINT", "E_SIG", "E_ROOT", "E_SIZE"},
    "openings.json": {"E_CONTENT", "E_ERASURE", "E_MEMBER"},
    "catalogue.json": {"E_CATALOGUE"},
    "statuses.json": {"E_STATUS"},
    "index.html": {"E_PAGE"},
    "README.txt": {"E_PAGE"},
    "manifest.json": {"E_PAGE", "E_MEMBER", "E_PACK", "E_VERSION", "E_CHECKPOINT", "E_SIG"},
}


def flipped(data: bytes, place: int, bit: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def places_of(data: bytes, count: int) -> list[tuple[int, int]]:
    sample = random.Random(len(data))
    places = range(len(data)) if len(data) <= count else sorted(sample.sample(range(len(data)), count))
    return [(place, sample.randrange(8)) for place in places]


@pytest.mark.parametrize("name", MEMBERS)
def test_a_flipped_bit_inside_a_member_is_refused_and_the_member_is_named(name, tmp_path):
    for place, bit in places_of(MEMBERS[name], 14):
        verdict = judged(zip_of(MEMBERS | {name: flipped(MEMBERS[name], place, bit)}), tmp_path)
        assert verdict.exit_code in (Exit.DOES_NOT_FOLLOW, Exit.BAD_INPUT), (place, bit)
        if name in NAMING:
            assert codes(verdict) & NAMING[name], (place, bit)
        else:
            assert name in " ".join(problem.where for problem in verdict.problems), (place, bit)


def test_a_flipped_bit_of_the_zip_file_is_refused_or_changes_nothing_that_the_verdict_says(tmp_path):
    untouched = judged(PACK, tmp_path).document()
    without_effect = 0
    for place, bit in [*places_of(PACK, 80), *((len(PACK) - back, back % 8) for back in range(1, 60))]:
        verdict = judged(flipped(PACK, place, bit), tmp_path)
        if verdict.exit_code == Exit.FINE:
            assert verdict.document() == untouched
            without_effect += 1
        else:
            assert verdict.problems[0].where
    assert without_effect <= 2  # unused bits at the end of a deflated member


@pytest.mark.parametrize("cut", [1, 21, 22, 23, 60, 500, len(PACK) // 2, len(PACK) - 1, len(PACK)])
def test_a_truncated_pack_is_bad_input(cut, tmp_path):
    assert judged(PACK[:-cut], tmp_path).exit_code == Exit.BAD_INPUT
