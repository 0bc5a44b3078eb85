"""Flip one bit of every byte of a small pack: each is refused, or the verdict says word for word what it said before.

Run: python -m benchmarks.flips [--bits 1] [--every 1] [--inside 25]. With --bits 8 every bit is flipped. A flip that
the zip's own checks refuse is not judged further: the verifier names the same member then. What a checksum cannot see
is tried too: --inside flips so many bits of each member before it is packed, and mends zip and manifest as a forger
would. The goal is that none goes undetected. Prints one line of JSON.
"""

import argparse
import io
import json
import random
import sys
import tempfile
import time
from bisect import bisect_right
from collections import Counter
from pathlib import Path

from clerestory.terms.error import ClerestoryError
from clerestory.verify.form.archive import Archive, ArchiveMalformed, MemberDamaged
from clerestory.verify.verdict import Exit
from tests.simulators.log import small_log
from tests.simulators.pack import forged, judged, members_of, pack_of, zip_of


def fate(data: bytes, place: int, starts: list[int], names: list[str], folder: Path) -> str:
    """Tell what becomes of a changed pack: refused by the zip, refused by the verdict, or without a problem."""
    try:
        archive = Archive(io.BytesIO(data))
        archive.read(names[max(bisect_right(starts, place) - 1, 0)])
    except (ArchiveMalformed, MemberDamaged):
        return "refused_by_zip"
    verdict = judged(data, folder)
    return "refused_by_verdict" if verdict.exit_code != Exit.FINE else json.dumps(verdict.document())


def inside(pack: bytes, count: int, untouched: str, folder: Path) -> Counter[str]:
    """Flip bits of each member before it is packed, mend what can be mended without the key, and judge."""
    members, chance, fates = members_of(pack), random.Random(2), Counter[str]()
    for name, data in members.items():
        for place in chance.sample(range(len(data)), min(count, len(data))):
            changed = data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
            try:
                mended = forged(members | {name: changed}) | {name: changed}
            except (ValueError, KeyError, TypeError, ClerestoryError):
                mended = members | {name: changed}
            verdict = judged(zip_of(mended), folder)
            same = json.dumps(verdict.document()) == untouched
            fate_of = "inside_without_effect" if same else "inside_undetected"
            fates["inside_refused" if verdict.exit_code != Exit.FINE else fate_of] += 1
    return fates


def measure(bits: int, every: int, count: int) -> dict[str, object]:
    """Flip, judge and count."""
    pack = pack_of(small_log(), scope="all")
    members = Archive(io.BytesIO(pack)).members.values()
    starts, names = [member.start for member in members], [member.name for member in members]
    chance, fates, start = random.Random(1), Counter[str](), time.process_time()
    with tempfile.TemporaryDirectory() as home:
        untouched = json.dumps(judged(pack, Path(home)).document())
        for place in range(0, len(pack), every):
            for bit in chance.sample(range(8), bits):
                data = pack[:place] + bytes([pack[place] ^ 1 << bit]) + pack[place + 1 :]
                found = fate(data, place, starts, names, Path(home))
                known = {untouched: "without_effect"}
                fates[known.get(found, found if found.startswith("refused") else "undetected")] += 1
        fates += inside(pack, count, untouched, Path(home))
    missed = fates["undetected"] + fates["inside_undetected"]
    figures: dict[str, object] = {"pack_bytes": len(pack), "flips": fates.total(), **fates}
    return figures | {"undetected": missed, "cpu_s": round(time.process_time() - start)}


def main() -> int:
    """Flip, print the figures, and return 1 where a flip went undetected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bits", type=int, default=1, choices=range(1, 9))
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--inside", type=int, default=25)
    given = parser.parse_args()
    figures = measure(given.bits, given.every, given.inside)
    print(json.dumps(figures | {"met": figures["undetected"] == 0}))
    return 0 if figures["undetected"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
