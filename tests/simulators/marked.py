"""Makes images with marks as a generator would: PNG and JPEG with XMP and Content Credentials, written out anew."""

import hashlib
import struct
import zlib
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CAMERA = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
KEY = ec.generate_private_key(ec.SECP256R1())


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes) -> bytes:
    """Return a PNG of one grey pixel with further chunks behind its head."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(b"\x00\x80"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + pixel + chunk(b"IEND", b"")


def jpeg(*segments: bytes) -> bytes:
    """Return the head of a JPEG with these segments, and a scan that nobody decodes."""
    return b"\xff\xd8" + b"".join(segments) + b"\xff\xda\x00\x02\x12\x34\xff\xd9"


def segment(marker: int, data: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def xmp(source: str, *, element: bool = False) -> bytes:
    """Return an XMP packet that states a source type, as an attribute or an element."""
    place = "Iptc4xmpExt:DigitalSourceType"
    inside = f"<{place}>{source}</{place}>" if element else ""
    given = "" if element else f' {place}="{source}"'
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f'{given}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def xmp_in_png(packet: bytes, *, packed: bool = False) -> bytes:
    """Return the chunk of a PNG that holds a packet."""
    text = zlib.compress(packet) if packed else packet
    return chunk(b"iTXt", b"XML:com.adobe.xmp\x00" + bytes([packed, 0]) + b"\x00\x00" + text)


def cbor(value: object) -> bytes:
    """Write a value as CBOR: RFC 8949, section 3, for what Content Credentials need."""
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(cbor, value))
    assert isinstance(value, dict)
    return _head(5, len(value)) + b"".join(cbor(key) + cbor(item) for key, item in value.items())


def _head(major: int, size: int) -> bytes:
    """Write type and size in the shortest form, as deterministic encoding asks (RFC 8949, section 4.2.1)."""
    if size < 24:
        return bytes([major * 32 + size])
    width = next(width for width in (1, 2, 4, 8) if size < 256**width)
    return bytes([major * 32 + {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + size.to_bytes(width, "big")


def box(kind: bytes, data: bytes) -> bytes:
    """Return a box of JUMBF."""
    return struct.pack(">I", len(data) + 8) + kind + data


def superbox(label: str, *parts: bytes) -> bytes:
    """Return a superbox with its description."""
    return box(b"jumb", box(b"jumd", b"\x00" * 16 + b"\x03" + label.encode() + b"\x00") + b"".join(parts))


@cache
def certificate(key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    """Return a certificate of the key, signed by itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Generator")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    signed = made.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the point of a key, as its certificate holds it."""
    point = serialization.PublicFormat.UncompressedPoint
    return key.public_key().public_bytes(serialization.Encoding.X962, point)


def store(source: str, digest: bytes, start: int, length: int, key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    """Return a C2PA store: the hash of a file without ``length`` bytes from ``start``, a source, and a signature."""
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": source}]}
    binding = {"exclusions": [{"start": start, "length": length}], "alg": "sha256", "hash": digest}
    made = {"c2pa.actions": actions, "c2pa.hash.data": binding}
    boxes = {label: superbox(label, box(b"cbor", cbor(said))) for label, said in made.items()}
    references = [
        {"url": f"self#jumbf=c2pa.assertions/{label}", "hash": hashlib.sha256(body[8:]).digest()}
        for label, body in boxes.items()
    ]
    claim = cbor({"alg": "sha256", "assertions": references, "signature": "self#jumbf=c2pa.signature"})
    protected = cbor({1: -7, 33: certificate(key)})
    over = cbor(["Signature1", protected, b"", claim])
    r, s = decode_dss_signature(key.sign(over, ec.ECDSA(hashes.SHA256())))
    signature = b"\xd2" + cbor([protected, {}, None, r.to_bytes(32, "big") + s.to_bytes(32, "big")])
    manifest = superbox(
        "urn:c2pa:1", superbox("c2pa.assertions", *boxes.values()), superbox("c2pa.claim", box(b"cbor", claim)),
        superbox("c2pa.signature", box(b"cbor", signature)),
    )  # fmt: skip
    return superbox("c2pa", manifest)


def credentialed_png(source: str = TRAINED, *more: bytes) -> bytes:
    """Return a PNG with Content Credentials over its own bytes."""
    bare, start = png(*more), 8 + 25
    digest = hashlib.sha256(bare).digest()
    length = len(store(source, digest, start, 60_000)) + 12
    return bare[:start] + chunk(b"caBX", store(source, digest, start, length)) + bare[start:]


def credentialed_jpeg(source: str = TRAINED) -> bytes:
    """Return a JPEG whose Content Credentials lie in two APP11 segments."""
    bare = jpeg()
    digest = hashlib.sha256(bare).digest()
    made = store(source, digest, 2, len(_in_app11(store(source, digest, 2, 60_000))))
    return bare[:2] + _in_app11(made) + bare[2:]


def _in_app11(made: bytes) -> bytes:
    head, pieces = made[:8], (made[:400], made[400:])
    first = segment(0xEB, b"JP\x00\x01" + struct.pack(">I", 1) + pieces[0])
    return first + segment(0xEB, b"JP\x00\x01" + struct.pack(">I", 2) + head + pieces[1])
