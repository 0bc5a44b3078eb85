"""The order of version numbers, as PyPI (PEP 440) and npm and others (Semantic Versioning 2.0.0) define it."""

import re
from typing import Any

_PEP440 = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|beta|preview|pre|a|b|c|rc)[-_.]?(?P<pre_n>\d+)?)?"
    r"(?P<post>-(?P<post_n1>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_n2>\d+)?)?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_n>\d+)?)?(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.IGNORECASE,
)
_SEMVER = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_STAGES = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_LAST, _FIRST = (2,), (0,)
SEMANTIC = frozenset({"npm", "crates.io", "Go", "Hex", "Pub", "SwiftURL"})
"""Ecosystems whose versions are semantic ones."""


def order(ecosystem: str, version: str) -> Any | None:
    """Return what sorts as the versions of an ecosystem do; None where the version or its order is unknown."""
    if ecosystem == "PyPI":
        return _pep440(version)
    return _semantic(version) if ecosystem in SEMANTIC else None


def _pep440(version: str) -> Any | None:
    match = _PEP440.fullmatch(version.strip())
    if match is None:
        return None
    release = [int(part) for part in match["release"].split(".")]
    while len(release) > 1 and release[-1] == 0:
        release.pop()
    # A development release of the release itself comes before its first alpha.
    before: tuple[object, ...] = _FIRST if match["dev"] and not match["post"] else _LAST
    if match["pre"]:
        before = (1, _STAGES.get(match["pre"].lower(), match["pre"].lower()), int(match["pre_n"] or 0))
    post = (1, int(match["post_n1"] or match["post_n2"] or 0)) if match["post"] else _FIRST
    dev = (1, int(match["dev_n"] or 0)) if match["dev"] else _LAST
    local = tuple(
        (1, int(p), "") if p.isdigit() else (0, 0, p) for p in re.split(r"[-_.]", (match["local"] or "").lower()) if p
    )
    return int(match["epoch"] or 0), tuple(release), before, post, dev, local


def _semantic(version: str) -> Any | None:
    match = _SEMVER.fullmatch(version.strip())
    if match is None:
        return None
    numbers = tuple(int(part or 0) for part in match.groups()[:3])
    if match[4] is None:
        return numbers, (1,), ()
    parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in match[4].split("."))
    return numbers, _FIRST, parts


def satisfies(version: str, specifier: str) -> bool | None:
    """Return whether a version of PyPI satisfies ``>=1.2,<2`` (PEP 440); None where either cannot be read."""
    found = _pep440(version)
    if found is None:
        return None
    for part in filter(None, (piece.strip() for piece in specifier.split(","))):
        holds = _one(found, version, part)
        if holds is not True:
            return holds
    return True


def _one(found: Any, version: str, part: str) -> bool | None:
    match = re.fullmatch(r"(===|==|!=|~=|<=|>=|<|>)?\s*([^\s]+)", part)
    if match is None:
        return None
    sign, wanted = match[1] or "==", match[2]
    if wanted.endswith(".*") and sign in ("==", "!="):
        same = _begins(found, wanted[:-2])
        return None if same is None else same is (sign == "==")
    if sign == "===":
        return version == wanted
    limit = _pep440(wanted)
    if limit is None:
        return None
    if "+" not in wanted:
        public = (*found[:5], ())
        if sign in (">", "<"):
            return _strictly(public, limit, sign)
        found = public
    if sign == "~=":
        pieces = _PEP440.fullmatch(wanted)
        top = pieces["release"].split(".")[:-1] if pieces else []
        same = _begins(found, f"{limit[0]}!{'.'.join(top)}") if top else None
        return None if same is None else bool(same and found >= limit)
    answers = {"==": found == limit, "!=": found != limit, "<=": found <= limit, ">=": found >= limit}
    return bool(answers.get(sign, found < limit if sign == "<" else found > limit))


def _begins(found: Any, wanted: str) -> bool | None:
    """Return whether a release begins with the numbers of ``1.2``, in the same epoch."""
    match = re.fullmatch(r"(?:(\d+)!)?(\d+(?:\.\d+)*)", wanted)
    if match is None:
        return None
    prefix = [int(number) for number in match[2].split(".")]
    have = list(found[1]) + [0] * len(prefix)
    return found[0] == int(match[1] or 0) and have[: len(prefix)] == prefix


def _strictly(found: Any, limit: Any, sign: str) -> bool:
    """Return whether a version is before or after another: what belongs to that one itself is neither.

    ``<1.0`` leaves out 1.0rc1 and 1.0.dev1, ``>1.0`` leaves out 1.0.post1 and 1.0+local.
    """
    if sign == "<":
        early = limit[2] not in (_FIRST, _LAST) or limit[4] != _LAST
        plain = limit[2] == _LAST and limit[3] == _FIRST
        first = (*limit[:2], _FIRST if plain else limit[2], limit[3], (1, 0), ())
        return bool(found < limit and (early or found < first))
    later = limit[3] == _FIRST and limit[4] == _LAST and found[3] != _FIRST and found[:3] == limit[:3]
    return bool(found > limit and not later)
