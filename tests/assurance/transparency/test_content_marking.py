"""Marks in synthetic content: read where formats keep them, and forged or empty ones do not count."""

import hashlib
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.transparency.marks.cbor import NotCBOR, decode, encode
from clerestory.assurance.transparency.marks.source import SYNTHETIC, is_synthetic
from clerestory.terms.status import Verdict
from tests.simulators import marked
from tests.simulators.grounded import measured, verdict, write
from tests.simulators.marked import CAMERA, TRAINED

NAME = "transparency.content-marking"
PAGE = '<html><head><meta name="digitalSourceType" content="{}"></head><body>A house.</body></html>'
LINKED = '<script type="application/ld+json">{{"@type": "Article", "digitalSourceType": "{}"}}</script>'
SCHEMA = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
ANSWER = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{}\r\n\r\nA poem."
FINE = {
    "a.png": marked.png(marked.xmp_in_png(marked.xmp(TRAINED))),
    "b.png": marked.png(marked.xmp_in_png(marked.xmp(TRAINED, element=True), packed=True)),
    "c.png": marked.credentialed_png(),
    "d.jpg": marked.jpeg(marked.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + marked.xmp(TRAINED))),
    "e.jpeg": marked.credentialed_jpeg(),
    "f.html": PAGE.format(TRAINED),
    "g.html": LINKED.format(SCHEMA),
    "h.json": '{"data": [{"url": "x", "digitalSourceType": "trainedAlgorithmicMedia"}]}',
    "i.http": ANSWER.format('AI-Disclosure: mode=machine-generated, model="m1"'),
    "j.txt": "A poem.",
    "j.txt.xmp": marked.xmp(TRAINED),
}


def looked(folder, files, **given):
    return measured(NAME, write(folder, {f"outputs/{name}": body for name, body in files.items()}), **given)


def test_marks_are_read_where_each_format_keeps_them(tmp_path):
    found = looked(tmp_path, FINE)
    assert {name: text for name, text in found.details.items() if "broken" in name or "judged" in name} == {}
    assert verdict(found) is Verdict.PASS
    assert (found.figures["shown"], found.figures["required"]) == (10, 10)
    assert f"C2PA {TRAINED}: 2" in found.details["marks"]


def shifted(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def repaired(body: bytes) -> bytes:
    """Change the pixel of a PNG and repair its CRC, as an editor would."""
    at = body.index(b"IDAT")
    (size,) = struct.unpack_from(">I", body, at - 4)
    return body[: at - 4] + marked.chunk(b"IDAT", shifted(body[at + 4 : at + 4 + size], 4)) + body[at + 8 + size :]


@pytest.mark.parametrize(
    "name, body, why",
    [
        ("a.png", marked.png(), "has no mark"),
        ("a.png", marked.png(marked.xmp_in_png(marked.xmp(""))), "states no source type"),
        ("a.png", marked.png(marked.xmp_in_png(marked.xmp(CAMERA))), "digitalCapture"),
        ("a.png", marked.png(marked.xmp_in_png(b"<x:xmpmeta")), "cannot be read"),
        ("a.png", marked.png(marked.xmp_in_png(b"<!DOCTYPE x>" + marked.xmp(TRAINED))), "document type"),
        ("a.png", marked.png(marked.chunk(b"tEXt", b"Comment\x00" + TRAINED.encode())), "has no mark"),
        ("a.png", shifted(marked.png(marked.xmp_in_png(marked.xmp(TRAINED))), 60), "broken chunk"),
        ("a.png", marked.png()[:-12], "ends before its end"),
        ("a.png", marked.png(marked.chunk(b"caBX", b"")), "has no mark"),
        ("a.png", marked.png(marked.chunk(b"caBX", marked.superbox("c2pa"))), "cannot be read"),
        ("a.png", repaired(marked.credentialed_png()), "another file than its C2PA store"),
        ("a.png", marked.credentialed_png(CAMERA), "no synthetic source"),
        ("a.jpg", marked.png(), "has no mark"),
        ("a.jpg", b"GIF89a", "neither PNG nor JPEG"),
        ("a.jpg", marked.jpeg()[:3], "ends before its first scan"),
        ("a.html", PAGE.format(""), "no synthetic source"),
        ("a.html", f"<!-- {PAGE.format(TRAINED)} -->", "no synthetic source"),
        ("a.html", LINKED.format(CAMERA), "no synthetic source"),
        ("a.json", '{"note": "digitalSourceType trainedAlgorithmicMedia"}', "no synthetic source"),
        ("a.json", "{", "is no JSON"),
        ("a.http", ANSWER.format("AI-Disclosure: "), "its header says"),
        ("a.http", ANSWER.format("AI-Disclosure: mode=none"), "its header says"),
        ("a.http", ANSWER.format("X-Powered-By: a model"), "no header"),
        ("a.http", ANSWER.format("") + "AI-Disclosure: mode=machine-generated", "no header"),
        ("a.txt", TRAINED, "no mark beside it"),
    ],
)
def test_a_mark_that_is_empty_forged_or_elsewhere_does_not_count(tmp_path, name, body, why):
    found = looked(tmp_path, {name: body})
    assert verdict(found) is Verdict.FAIL
    assert any(why in text for text in found.details.values()), found.details


def test_credentials_are_believed_only_where_all_of_them_holds(tmp_path):
    good = marked.credentialed_png()
    at = good.index(b"digitalSourceType")
    other = marked.ec.generate_private_key(marked.ec.SECP256R1())
    bare = marked.png()
    digest, length = hashlib.sha256(bare).digest(), len(good) - len(bare)

    def carrying(made: bytes) -> bytes:
        return bare[:33] + marked.chunk(b"caBX", made) + bare[33:]

    fine = marked.store(TRAINED, digest, 33, length)
    assert verdict(looked(tmp_path, {"a.png": carrying(fine)})) is Verdict.PASS
    assert at > 0
    forged = {
        "was changed": fine.replace(b"c2pa.created", b"c2pa.edited_"),
        "does not hold": fine.replace(b"self#jumbf=c2pa.signature", b"self#jumbf=c2pa.signaturf"),
        "leaves out more": marked.store(TRAINED, hashlib.sha256(bare[-10:]).digest(), 0, len(bare) + length - 10),
        "leaves out what is not there": marked.store(TRAINED, digest, 33, 70_000),
        "has no c2pa.signature": fine.replace(b"\x03c2pa.signature", b"\x03c2pa.nothing__"),
    }
    for why, made in forged.items():
        found = looked(tmp_path, {"a.png": carrying(made)})
        assert why in found.details[".png: broken"], (why, found.details)
    own = marked.certificate(marked.KEY)
    key = marked.public_bytes(marked.KEY)
    swapped = fine.replace(own, own.replace(key, marked.public_bytes(other)))
    assert swapped != fine
    assert verdict(looked(tmp_path, {"a.png": carrying(swapped)})) is Verdict.FAIL


def test_images_may_be_asked_for_credentials_alone(tmp_path):
    files = {name: FINE[name] for name in ("a.png", "c.png")}
    found = looked(tmp_path, files, needs="c2pa")
    assert found.details[".png: broken"] == "outputs/a.png has no C2PA store"


def test_a_format_that_is_not_read_is_not_judged_and_nothing_says_nothing(tmp_path):
    found = looked(tmp_path, {"a.mp4": b"", "f.html": FINE["f.html"]})
    assert verdict(found) is Verdict.INCONCLUSIVE
    assert looked(tmp_path / "none", {}).reason is Reason.INSUFFICIENT_DATA


# RFC 8949, appendix A.
@pytest.mark.parametrize(
    "written, value",
    [
        ("00", 0), ("1818", 24), ("1903e8", 1000), ("1b000000e8d4a51000", 1000000000000), ("20", -1), ("3903e7", -1000),
        ("f93c00", 1.0), ("fb3ff199999999999a", 1.1), ("f4", False), ("f6", None), ("4401020304", b"\x01\x02\x03\x04"),
        ("6161", "a"), ("62c3bc", "\u00fc"), ("83010203", [1, 2, 3]), ("a201020304", {1: 2, 3: 4}),
        ("5f42010243030405ff", b"\x01\x02\x03\x04\x05"), ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
        ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
    ],
)  # fmt: skip
def test_cbor_is_read_as_its_definition_shows(written, value):
    assert decode(bytes.fromhex(written)) == value


@pytest.mark.parametrize("written", ["", "18", "8301", "61ff", "ff", "0000", "5f6161ff", "a1810102", "1f"])
def test_what_is_no_cbor_is_refused(written):
    with pytest.raises(NotCBOR):
        decode(bytes.fromhex(written))


VALUES = st.recursive(st.binary(max_size=300) | st.text(max_size=40), lambda inner: st.lists(inner, max_size=4))


@given(VALUES)
def test_what_is_written_is_read_back_and_agrees_with_another_writer(value):
    assert decode(encode(value)) == value
    assert encode(value) == marked.cbor(value)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(FINE["c.png"]) - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_file_with_credentials_goes_unseen(tmp_path, at, change):
    body = FINE["c.png"]
    bad = body[:at] + bytes([body[at] ^ change]) + body[at + 1 :]
    assert looked(tmp_path, {"a.png": bad}).value == 1


def test_terms_are_those_of_the_published_lists():
    assert all(is_synthetic(f"http://cv.iptc.org/newscodes/digitalsourcetype/{term}") for term in SYNTHETIC)
    assert is_synthetic(SCHEMA)
    for other in (CAMERA, "", None, "https://example.org/trainedAlgorithmicMedia", "trained", True):
        assert not is_synthetic(other)
