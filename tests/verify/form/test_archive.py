"""Hostile zips: refused in bounded time and memory, before anything is unpacked."""

import io
import resource
import struct
import zipfile
import zlib

import pytest

from clerestory.verify.form import archive
from tests.simulators.pack import crafted, zip_of


def opened(data: bytes) -> archive.Archive:
    return archive.Archive(io.BytesIO(data))


def foreign(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """A zip as other programs write it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as out:
        out.comment = comment
        for name, data in members:
            out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return file.getvalue()


def test_what_is_written_is_read_by_ours_and_by_any_other_zip_reader():
    members = {"a.txt": b"", "b/c.bin": bytes(100_000), "d": bytes(range(256)), "e.txt": b"text " * 50}
    data = zip_of(members)
    ours = opened(data)
    assert {name: ours.read(name) for name in ours.members} == members
    with zipfile.ZipFile(io.BytesIO(data)) as other:
        assert other.testzip() is None
        assert {name: other.read(name) for name in other.namelist()} == members
        assert all(info.external_attr >> 16 == 0o100644 for info in other.infolist())


def test_a_member_too_dense_to_be_believed_is_stored_so_that_no_honest_pack_looks_like_a_bomb():
    data = zip_of({"zeros": bytes(50_000_000)})
    assert opened(data).members["zeros"].method == archive.STORED
    assert opened(data).read("zeros") == bytes(50_000_000)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"not a zip at all" * 10,
        foreign(("a", b"x"), comment=b"hidden"),
        foreign(("../a", b"x")),
        foreign(("/a", b"x")),
        foreign(("a\\b", b"x")),
        foreign(("ä", b"x")),
        foreign(("a/", b"")),
        foreign(("a" * 200, b"x")),
        foreign(("a/../b", b"x")),
        foreign((".hidden", b"x")),
        foreign(("a", b"x"), method=zipfile.ZIP_BZIP2),
        foreign(("a", b"x")) + b"tail",
        b"head" + foreign(("a", b"x")),
        foreign(("a\nb", b"x")),
        foreign(("<b>", b"x")),
        foreign(("a", b"x")),
    ],
)
def test_a_zip_in_any_other_layout_is_refused(data):
    with pytest.raises(archive.ArchiveMalformed):
        opened(data)


def test_doubled_names_are_refused():
    with pytest.warns(UserWarning, match="Duplicate"):
        data = foreign(("a", b"x"), ("a", b"y"))
    with pytest.raises(archive.ArchiveMalformed):
        opened(data)
    file = io.BytesIO()
    writer = archive.ArchiveWriter(file)
    writer.add("a", b"x")
    writer.add("a", b"y")
    writer.close()
    with pytest.raises(archive.ArchiveMalformed, match="twice"):
        opened(file.getvalue())


def patched(data: bytes, place: int, form: str, value: int) -> bytes:
    patch = struct.pack(form, value)
    return data[:place] + patch + data[place + len(patch) :]


@pytest.mark.parametrize(
    "place, form, value",
    [
        (-22 + 8, "<H", 0xFFFF),
        (-22 + 10, "<H", 2),
        (-22 + 12, "<I", 0xFFFFFFFF),
        (-22 + 16, "<I", 0xFFFFFFFF),
        (-22 + 4, "<H", 1),
        (-22 + 20, "<H", 1),
        (4, "<H", 45),
        (6, "<H", 1),
        (6, "<H", 8),
        (26, "<H", 0xFFFF),
        (28, "<H", 20),
        (18, "<I", 0xFFFFFFFF),
        (22, "<I", 0xFFFFFFFF),
        (10, "<H", 1),
        (8, "<H", 12),
    ],
)
def test_every_field_of_the_zip_that_could_hide_something_is_fixed(place, form, value):
    data = zip_of({"a.txt": b"some text that is long enough to be deflated, deflated, deflated"})
    with pytest.raises(archive.ArchiveMalformed):
        opened(patched(data, place % len(data), form, value))


def test_zip64_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out, out.open(zipfile.ZipInfo("a"), "w", force_zip64=True) as member:
        member.write(b"x")
    with pytest.raises(archive.ArchiveMalformed):
        opened(file.getvalue())


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def test_a_bomb_that_announces_its_size_is_refused_before_it_is_unpacked():
    packed = deflated(bytes(200_000_000))
    with pytest.raises(archive.ArchiveMalformed, match="unpack"):
        opened(crafted(("bomb", 8, packed, 200_000_000, 0)))


def test_a_bomb_that_lies_about_its_size_stops_where_it_lies():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    packed = deflated(bytes(300_000_000))
    with pytest.raises(archive.MemberDamaged):
        opened(crafted(("bomb", 8, packed, 1000, 0))).read("bomb")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes


def test_many_members_that_share_the_same_bytes_are_refused():
    data = zip_of({f"m{number}": b"x" * 500 for number in range(3)})
    lines = data.index(b"PK\1\2")
    first, second = data[lines : lines + 48], data[lines + 48 : lines + 96]
    overlapping = data.replace(second, second[:42] + first[42:46] + second[46:])
    with pytest.raises(archive.ArchiveMalformed):
        opened(overlapping)


@pytest.mark.parametrize(
    "packed, size, crc",
    [
        (b"\xff\xff\xff", 5, 0),
        (deflated(b"hello")[:-1], 5, zlib.crc32(b"hello")),
        (deflated(b"hello") + b"tail", 5, zlib.crc32(b"hello")),
        (deflated(b"hello"), 4, zlib.crc32(b"hello")),
        (deflated(b"hello"), 6, zlib.crc32(b"hello")),
        (deflated(b"hello"), 5, 0),
        (b"", 0, 0),
    ],
)
def test_a_member_that_does_not_unpack_to_what_it_announces_is_damaged(packed, size, crc):
    with pytest.raises(archive.MemberDamaged):
        opened(crafted(("a", 8, packed, size, crc))).read("a")


def test_a_stored_member_of_two_sizes_is_refused():
    with pytest.raises(archive.ArchiveMalformed, match="two different sizes"):
        opened(crafted(("a", 0, b"hello", 6, zlib.crc32(b"hello"))))


def test_a_pack_of_too_many_members_is_not_written():
    writer = archive.ArchiveWriter(io.BytesIO())
    for number in range(archive.MOST_MEMBERS):
        writer.add(f"m{number}", b"")
    with pytest.raises(archive.TooLarge):
        writer.add("one-more", b"")


def test_a_pack_of_the_most_members_is_read():
    data = zip_of({f"m{number}": b"" for number in range(archive.MOST_MEMBERS)})
    assert len(opened(data).members) == archive.MOST_MEMBERS
