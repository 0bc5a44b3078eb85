"""A time stamping authority: certificates as a test wants them, real tokens by OpenSSL, and tokens of any time."""

import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from clerestory.ledger.stamp import der
from clerestory.ledger.stamp.signed import SHA256
from clerestory.ledger.stamp.token import Authority

BORN, ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
AT = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_CONFIG = """
[ tsa ]
default_tsa = it
[ it ]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
ess_cert_id_alg = {bound_by}
"""


@dataclass(frozen=True)
class Stamper:
    """A key with its certificate, and the certificate of who issued it."""

    key: Key
    certificate: x509.Certificate
    issuer: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def named(self) -> tuple[Authority, ...]:
        return (Authority(self.der),)

    @property
    def by_issuer(self) -> tuple[Authority, ...]:
        return (Authority(self.issuer.public_bytes(serialization.Encoding.DER)),)


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def certificate(
    key: Key, name: str, by: Key, issuer: str, *extensions: tuple[x509.ExtensionType, bool], start=BORN, end=ENDS
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(by, hashes.SHA256())


def issuer_of(key: Key, name: str = "Proof CA", *, ca: bool = True, signs: bool = True) -> x509.Certificate:
    usage = x509.KeyUsage(False, False, False, False, False, signs, True, False, False)
    return certificate(
        key, name, key, name, (x509.BasicConstraints(ca=ca, path_length=None), True), (usage, True)
    )  # fmt: skip


def stamper(
    *,
    key: Key | None = None,
    by: Key | None = None,
    purposes: Sequence[x509.ObjectIdentifier] = STAMPING,
    critical: bool = True,
    start: datetime = BORN,
    end: datetime = ENDS,
    ca: bool = True,
    signs: bool = True,
) -> Stamper:
    key, by = key or rsa_key(), by or rsa_key()
    extensions = [(x509.ExtendedKeyUsage(purposes), critical)] if purposes else []
    made = certificate(key, "Proof TSA", by, "Proof CA", *extensions, start=start, end=end)
    return Stamper(key, made, issuer_of(by, ca=ca, signs=signs))


def openssl_reply(one: Stamper, request: bytes, folder: Path, bound_by: str = "sha256") -> bytes:
    """What OpenSSL answers as an authority."""
    key = one.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files = {
        "key.pem": key,
        "tsa.pem": one.certificate.public_bytes(serialization.Encoding.PEM),
        "request.tsq": request,
        "tsa.cnf": _CONFIG.format(folder=folder, bound_by=bound_by).encode(),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    _openssl(folder, "-reply", "-queryfile", "request.tsq", "-out", "reply.tsr", "-signer", "tsa.pem", "-inkey",
             "key.pem", "-config", "tsa.cnf")  # fmt: skip
    return (folder / "reply.tsr").read_bytes()


def openssl_accepts(one: Stamper, response: bytes, data: bytes, folder: Path) -> bool:
    """Whether OpenSSL takes a response for a token over some bytes, under the issuer's certificate."""
    (folder / "asked.tsr").write_bytes(response)
    (folder / "asked.bin").write_bytes(data)
    (folder / "ca.pem").write_bytes(one.issuer.public_bytes(serialization.Encoding.PEM))
    done = _openssl(folder, "-verify", "-in", "asked.tsr", "-data", "asked.bin", "-CAfile", "ca.pem", check=False)
    return done.returncode == 0


def response_of(
    one: Stamper,
    data: bytes,
    at: datetime | str = AT,
    *,
    nonce: int | None = None,
    accuracy: bytes = b"",
    imprint: bytes | None = None,
    status: int = 0,
    signed_again: bytes | None = None,
) -> bytes:
    """A response of any time, made here; ``signed_again`` is the data whose token's signature is put under it."""
    info = _info(data if imprint is None else b"", at, nonce, accuracy, imprint)
    signature_over = info if signed_again is None else _info(signed_again, at, nonce, accuracy, None)
    attributes = _attributes(one, signature_over)
    signed = der.write(der.SET, attributes)
    rsa_signed = isinstance(one.key, rsa.RSAPrivateKey)
    signature = (
        one.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        if isinstance(one.key, rsa.RSAPrivateKey)
        else one.key.sign(signed, ec.ECDSA(hashes.SHA256()))
    )
    subject = der.read(one.der).parts()[0].parts()
    how = (_algorithm("1.2.840.113549.1.1.1") if rsa_signed
           else der.write(der.SEQUENCE, der.write_oid("1.2.840.10045.4.3.2")))  # fmt: skip
    signer = der.write(
        der.SEQUENCE,
        der.write_number(1),
        der.write(der.SEQUENCE, subject[3].whole, subject[1].whole),
        _algorithm(SHA256),
        der.write(0xA0, attributes),
        how,
        der.write(der.OCTETS, signature),
    )
    content = der.write(
        der.SEQUENCE,
        der.write_oid("1.2.840.113549.1.9.16.1.4"),
        der.write(0xA0, der.write(der.OCTETS, info)),
    )
    signed_data = der.write(
        der.SEQUENCE,
        der.write_number(3),
        der.write(der.SET, _algorithm(SHA256)),
        content,
        der.write(0xA0, one.der),
        der.write(der.SET, signer),
    )
    token = der.write(der.SEQUENCE, der.write_oid("1.2.840.113549.1.7.2"), der.write(0xA0, signed_data))
    return der.write(der.SEQUENCE, der.write(der.SEQUENCE, der.write_number(status)), token)


@contextmanager
def open_desk(one: Stamper, folder: Path, change: Callable[[bytes], bytes] = bytes) -> Iterator[str]:
    """An authority on loopback, whose answers are OpenSSL's, changed where a test says so; gives its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            right = self.headers["Content-Type"] == "application/timestamp-query" and self.path == "/tsr?at=once"
            body = change(openssl_reply(one, asked, folder)) if right else b"wrong place"
            self.send_response(200 if right else 400)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    folder.mkdir(exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tsr?at=once"
    finally:
        server.shutdown()
        server.server_close()


def days(count: float) -> timedelta:
    return timedelta(days=count)


def _info(data: bytes, at: datetime | str, nonce: int | None, accuracy: bytes, imprint: bytes | None) -> bytes:
    digest = sha256(data).digest() if imprint is None else imprint
    return der.write(
        der.SEQUENCE,
        der.write_number(1),
        der.write_oid("1.2.3.4.1"),
        der.write(der.SEQUENCE, _algorithm(SHA256), der.write(der.OCTETS, digest)),
        der.write_number(7),
        der.write(der.TIME, (at if isinstance(at, str) else f"{at:%Y%m%d%H%M%S}Z").encode()),
        accuracy,
        b"" if nonce is None else der.write_number(nonce),
    )


def _attributes(one: Stamper, info: bytes) -> bytes:
    bound = der.write(der.SEQUENCE, der.write(der.OCTETS, sha256(one.der).digest()))
    values = {
        "1.2.840.113549.1.9.3": der.write_oid("1.2.840.113549.1.9.16.1.4"),
        "1.2.840.113549.1.9.4": der.write(der.OCTETS, sha256(info).digest()),
        "1.2.840.113549.1.9.16.2.47": der.write(der.SEQUENCE, der.write(der.SEQUENCE, bound)),
    }
    return b"".join(
        der.write(der.SEQUENCE, der.write_oid(name), der.write(der.SET, value)) for name, value in values.items()
    )


def _algorithm(name: str) -> bytes:
    return der.write(der.SEQUENCE, der.write_oid(name), der.write(der.NULL))


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _openssl(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", "ts", *arguments], cwd=folder, check=check, capture_output=True, timeout=60)
