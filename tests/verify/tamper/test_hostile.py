"""T21: packs made to exhaust, confuse or abuse whoever opens them: refused with code and place, in bounded memory."""

import io
import json
import resource
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from clerestory.ledger import canonical
from clerestory.ledger.leaf import digest_of
from clerestory.ledger.tile import bundle_bytes, read_bundle
from clerestory.terms.evidence import Evidence
from clerestory.terms.ids import EntryId
from clerestory.verify.derivation import derive
from clerestory.verify.form import bounds
from clerestory.verify.form.archive import Member
from clerestory.verify.verdict import Exit, Verdict
from clerestory.verify.words import page
from tests.simulators.log import KEY, MemoryLog, measured, record
from tests.simulators.pack import ENTRIES, FACTS, MEMBERS, codes, crafted, judged, pack_of, places, zip_of
from tests.verify.test_log import with_leaves

LEAVES = read_bundle(MEMBERS[ENTRIES])
LINES = MEMBERS[FACTS].splitlines()
MOST_KILOBYTES = 400_000


@pytest.fixture(autouse=True)
def bounded():
    """Fail where a pack makes the verifier hold far more than any pack of its size may."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_KILOBYTES


DOCUMENTS: dict[str, bytes] = {
    "deep lists": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "never closed": b'{"a":' + b"[" * 1_000_000,
    "one key twice": b'{"v":1,"v":1}',
    "NaN": b'{"v":NaN}',
    "infinite": b'{"v":-Infinity}',
    "a fraction": b'{"v":1.0}',
    "an exponent": b'{"v":1e2}',
    "null": b'{"v":null}',
    "half a letter": b'{"v":"\\ud800"}',
    "half a letter as bytes": b'{"v":"\xed\xa0\x80"}',
    "no UTF-8": b'{"v":"\xff"}',
    "an escaped slash": b'{"v":"\\/"}',
    "a number of a million digits": b'{"v":' + b"9" * 1_000_000 + b"}",
    "a number beyond 2^53": b'{"v":9007199254740992}',
    "a mark at the beginning": b'\xef\xbb\xbf{"v":1}',
    "two documents": b'{"v":1}{"v":1}',
    "a list": b"[1]",
    "blanks": b' {"v":1} ',
    "far too many values": b'{"v":[' + b"0," * 3_000_000 + b"0]}",
}
CODE_OF = {
    "manifest.json": "E_PACK",
    "openings.json": "E_CONTENT",
    "catalogue.json": "E_CATALOGUE",
    "statuses.json": "E_STATUS",
}


@pytest.mark.parametrize("name", CODE_OF)
@pytest.mark.parametrize("how", DOCUMENTS)
def test_t21_a_document_that_is_not_canonical_or_far_too_large_is_refused_and_named(name, how, tmp_path):
    verdict = judged(zip_of(MEMBERS | {name: DOCUMENTS[how]}), tmp_path)
    assert verdict.exit_code == (Exit.BAD_INPUT if name == "manifest.json" else Exit.DOES_NOT_FOLLOW)
    assert name in places(verdict, CODE_OF[name]).split(" | ")


@pytest.mark.parametrize("how", [how for how in DOCUMENTS if how != "far too many values"])
def test_t21_hostile_facts_and_leaves_are_named_by_their_place_even_when_the_owner_signs_them(how, tmp_path):
    line = DOCUMENTS[how]
    leaf = LEAVES[6].replace(digest_of(LINES[6]).encode(), digest_of(line).encode())
    leaves, lines = [*LEAVES[:6], leaf, *LEAVES[7:]], [*LINES[:6], line, *LINES[7:]]
    verdict = judged(zip_of(MEMBERS | {ENTRIES: bundle_bytes(leaves), FACTS: b"\n".join(lines) + b"\n"}), tmp_path)
    assert verdict.exit_code == Exit.DOES_NOT_FOLLOW
    assert "leaf 6" in places(verdict, "E_FACTS")
    odd = [*LEAVES[:6], line[:60_000], *LEAVES[7:]]
    verdict = judged(zip_of(MEMBERS | {ENTRIES: bundle_bytes(odd)}), tmp_path)
    assert "leaf 6" in places(verdict, "E_LEAF")


def test_t21_values_are_counted_before_they_are_read():
    with pytest.raises(bounds.TooManyValues):
        bounds.decode(b"{" + b"[" * 1_000_000, 1000)


def foreign(write: Callable[[zipfile.ZipFile], None]) -> bytes:
    """A zip that another program wrote."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        write(out)
    return file.getvalue()


def symlink(out: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("checkpoint", (1980, 1, 1, 0, 0, 0))
    info.external_attr = 0o120777 << 16
    out.writestr(info, "/etc/passwd")


def crowd(out: zipfile.ZipFile) -> None:
    for number in range(66_000):
        out.writestr(zipfile.ZipInfo(f"m{number}", (1980, 1, 1, 0, 0, 0)), b"")


PACKED = zlib.compress(bytes(1_000_000), 9)[2:-4]
SIZE_OF_2_63 = struct.pack("<HHQQ", 1, 16, 2**63, 2**63)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(foreign(symlink), id="symbolic link"),
        pytest.param(foreign(crowd), id="66,000 members"),
        pytest.param(crafted(("manifest.json", 8, PACKED, 2**32 - 2, 0)), id="4 GB out of a kilobyte"),
        pytest.param(crafted(*((f"m{i}", 8, PACKED, 900_000_000, 0) for i in range(12))), id="10 GB together"),
        pytest.param(
            Member("a", 8, 0, 2**32 - 1, 5, 0).directory_line
            + Member("b", 0, 0, 0, 0, 0).directory_line
            + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, 94, 0, 0),
            id="a member behind 4 GB that are not there",
        ),
        pytest.param(crafted(("../manifest.json", 0, b"{}", 2, zlib.crc32(b"{}"))), id="out of the folder"),
        pytest.param(crafted(("/etc/passwd", 0, b"{}", 2, zlib.crc32(b"{}"))), id="from the root"),
        pytest.param(crafted(("C:/x", 0, b"{}", 2, zlib.crc32(b"{}"))), id="from a drive"),
        pytest.param(crafted(("<script>alert(1)</script>", 0, b"{}", 2, zlib.crc32(b"{}"))), id="script in a name"),
        pytest.param(crafted(*(("manifest.json", 0, b"{}", 2, zlib.crc32(b"{}")),) * 2), id="one name twice"),
        pytest.param(
            crafted(("manifest.json", 0, b"{}", 2, zlib.crc32(b"{}"))).replace(b"PK\1\2", SIZE_OF_2_63 + b"PK\1\2"),
            id="2^63 bytes",
        ),
        pytest.param(zip_of(MEMBERS) * 2, id="a pack behind a pack"),
        pytest.param(zip_of({"pack.zip": zip_of(MEMBERS)}), id="a pack inside a zip"),
        pytest.param(b"", id="empty"),
    ],
)
def test_t21_a_file_that_is_no_pack_is_bad_input_with_a_place_and_a_remedy(data, tmp_path):
    verdict = judged(data, tmp_path)
    assert (verdict.exit_code, codes(verdict)) == (Exit.BAD_INPUT, {"E_PACK"})
    assert verdict.problems[0].where
    assert verdict.problems[0].remedy
    assert "<script" not in page(verdict, "pack.zip")


def cycles() -> MemoryLog:
    """A log whose entries replace, take back and erase each other and themselves."""
    log = MemoryLog()

    def with_links(evidence: Evidence, *ids: str) -> Evidence:
        return Evidence(
            **{name: getattr(evidence, name) for name in Evidence.__dataclass_fields__ if name not in ("supersedes",)},
            supersedes=tuple(map(EntryId, ids)),
        )

    for number in range(20):
        log.append(with_links(measured(value=f"0.{number}"), f"entry-{(number + 1) % 20:04d}", f"entry-{number:04d}"))
    for number in range(20, 24):
        log.append(record("record.revocation", revokes=f"entry-{number:04d}", reason="itself"))
        log.append(record("record.erasure", erased=(f"entry-{number:04d}",), ground="itself"))
    return log


def test_t21_entries_that_name_each_other_in_circles_are_judged_once_and_come_to_an_end(tmp_path):
    log = cycles()
    verdict: Verdict = judged(pack_of(log, judge=derive), tmp_path, judge=derive)
    assert verdict.exit_code == Exit.FINE
    assert verdict.integrity["entries"] == 28
    again = judged(zip_of(with_leaves(LEAVES, LINES, key=KEY)), tmp_path)
    assert again.exit_code == Exit.FINE


def test_t21_a_proof_path_or_checkpoint_of_any_length_is_refused(tmp_path):
    long = MEMBERS["checkpoint"] + "".join(f"\u2014 k{i} AAAAAAAA\n" for i in range(100_000)).encode()
    assert "E_CHECKPOINT" in codes(judged(zip_of(MEMBERS | {"checkpoint": long}), tmp_path))
    huge = canonical.encode(json.loads(MEMBERS["manifest.json"]) | {"size": 2**53 - 1})
    verdict = judged(zip_of(MEMBERS | {"manifest.json": huge}), tmp_path)
    assert verdict.exit_code in (Exit.BAD_INPUT, Exit.DOES_NOT_FOLLOW)
    assert "manifest.json" in places(verdict, "E_CHECKPOINT")
