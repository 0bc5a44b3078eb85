"""What secrets look like in text: forms of known vendors, keys in PEM, and names of secrets with a value of chance."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log2

import numpy as np

_UPPER, _LOWER, _DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
_ALL = _UPPER + _LOWER + _DIGITS
_HEX = "0123456789abcdef"
KNOWN: Mapping[str, re.Pattern[str]] = {
    "cloud access key": re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
    "code forge token": re.compile(r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,}|glpat-[\w-]{20,})"),
    "chat token": re.compile(r"(?<!\w)xox[abprs]-[A-Za-z0-9-]{20,}"),
    "payment key": re.compile(r"(?<!\w)(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{20,}"),
    "model provider key": re.compile(r"(?<!\w)sk-(?:[a-z]+-)*[A-Za-z0-9_-]{24,}"),
    "search provider key": re.compile(r"(?<!\w)AIza[\w-]{35}(?!\w)"),
    "package index token": re.compile(r"(?<!\w)(?:pypi-AgE[\w-]{40,}|npm_[A-Za-z0-9]{36})"),
    "signed token": re.compile(r"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "password in an address": re.compile(r"(?<!\w)[a-z][a-z0-9+.-]*://[^\s:/@\"'<>]+:(?P<value>[^\s@/\"'<>${}]{4,})@[\w.-]+"),
}  # fmt: skip
_NAMED = re.compile(
    r"(?i)(?P<name>[\w.-]*(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth)"
    r"[\w.-]*)[\"']?\s*(?::=|=>|=|:)\s*(?:bearer\s+)?(?P<quote>[\"'`]?)(?P<value>[^\s\"'`,;#<>(){}\[\]]{6,})(?P=quote)"
)
_EMPTY = re.compile(
    r"(?i)^(?:x{4,}|\*{4,}|\.{3,}|changeme|change[_-]?me|example.*|dummy.*|placeholder|your.*|my[_-].*|none|null|true|false"
    r"|redacted|secret|password|token|todo|test|\$.*|%.*|env[.:].*|os\.environ.*|process\.env.*|\{\{.*|[a-z_]+\.[a-z_.]+)$"
)
_UNIFORM = re.compile(r"^(?:[a-z]+|[A-Z_]+|[a-z]+(?:[-_][a-z]+)+|[0-9]{1,11}|[0-9.]+)$")
_HASHES = re.compile(r"^(?:sha(?:1|256|512)[:-])?(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27})$")
LEAST_ENTROPY = 2.8
_DIGEST_NAME = re.compile(
    r"(?i)hash|digest|checksum|sha\d|commit|revision|uuid|count|limit|length|size|max|type|url|path"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A secret found: its kind and line. The secret itself is kept nowhere."""

    kind: str
    line: int


def secrets_in(text: str) -> Iterator[Found]:
    """Yield what looks like a secret, at most one per kind and line."""
    for number, line in enumerate(text.splitlines(), 1):
        hit = False
        for kind, pattern in KNOWN.items():
            match = pattern.search(line)
            if match and not _is_empty(match.groupdict().get("value") or ""):
                hit = True
                yield Found(kind, number)
        if not hit and any(_is_secret(match["name"], match["value"]) for match in _NAMED.finditer(line)):
            yield Found("named secret", number)


def entropy(text: str) -> float:
    """Return the bits per letter of a text by its own letters (Shannon 1948)."""
    counts = Counter(text)
    return -sum(n / len(text) * log2(n / len(text)) for n in counts.values()) if text else 0.0


def _is_secret(name: str, value: str) -> bool:
    if _is_empty(value) or _DIGEST_NAME.search(name) or (_HASHES.match(value) and "key" not in name.lower()):
        return False
    if re.search(r"(?i)pass|pwd", name):
        return not re.fullmatch(r"[a-z_]+|[A-Z_]+", value) or len(value) > 24
    return len(value) >= 12 and not _UNIFORM.match(value) and entropy(value) >= LEAST_ENTROPY


def _is_empty(value: str) -> bool:
    return bool(value) and bool(_EMPTY.match(value))


def planted(kind: str, draw: np.random.Generator) -> str:
    """Return a line with a made-up secret of a kind; nobody's key, drawn at random."""

    def letters(n: int, of: str = _ALL) -> str:
        return "".join(of[at] for at in draw.integers(0, len(of), n))

    makers = {
        "cloud access key": lambda: f"aws_id = AKIA{letters(16, _UPPER + '234567')}",
        "code forge token": lambda: f"remote: ghp_{letters(36)}",
        "chat token": lambda: f"xoxb-{letters(12, _DIGITS)}-{letters(24)}",
        "payment key": lambda: f"key is sk_live_{letters(24)} ok",
        "model provider key": lambda: f"Use sk-proj-{letters(40)} to call it.",
        "search provider key": lambda: f"maps?key=AIza{letters(35)}",
        "package index token": lambda: f"//registry/:_authToken=npm_{letters(36)}",
        "signed token": lambda: f"Authorization: Bearer eyJ{letters(20)}.eyJ{letters(40)}.{letters(43)}",
        "private key": lambda: f"-----BEGIN {('RSA ', 'EC ', 'OPENSSH ', '')[int(draw.integers(4))]}PRIVATE KEY-----",
        "password in an address": lambda: f"postgresql://app:{letters(14)}@db.internal:5432/app",
        "named secret": lambda: f'{NAMES[int(draw.integers(len(NAMES)))]}{(" = ", ": ", "=")[int(draw.integers(3))]}'
        f'"{letters(int(draw.integers(16, 40)), (_ALL, _HEX)[int(draw.integers(2))])}"',
        "password": lambda: f"db_password = {letters(int(draw.integers(8, 16)))}!",
    }  # fmt: skip
    return makers[kind]()


NAMES = (
    "api_key",
    "API_TOKEN",
    "client_secret",
    "auth_token",
    "SECRET_KEY",
    "access_key",
    "webhookSecret",
    "credential",
)
PLANTED = (*KNOWN, "named secret", "password")
"""Kinds that are planted to know what is found."""


def harmless(draw: np.random.Generator) -> str:
    """Return a line that looks like a secret and is none."""

    def letters(n: int, of: str) -> str:
        return "".join(of[at] for at in draw.integers(0, len(of), n))

    makers = (
        lambda: f"sha256 = {letters(64, _HEX)}",
        lambda: f"commit: {letters(40, _HEX)}",
        lambda: f"id: {letters(8, _HEX)}-{letters(4, _HEX)}-{letters(4, _HEX)}-{letters(4, _HEX)}-{letters(12, _HEX)}",
        lambda: "password = ${DB_PASSWORD}",
        lambda: "api_key: <your key>",
        lambda: 'token = os.environ["TOKEN"]',
        lambda: f"max_tokens = {letters(4, _DIGITS[1:])}",
        lambda: "The password of a user is never shown; the token expires after an hour.",
        lambda: "secret_name: production-database-password",
        lambda: f"token_count: {letters(9, _DIGITS[1:])}",
    )
    return makers[int(draw.integers(len(makers)))]()
