"""Statuses, derived again from the facts of a pack with the rules of the pack, and compared with the claimed ones."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from clerestory.catalogue.catalogue import Catalogue
from clerestory.catalogue.load import load_document
from clerestory.catalogue.read import read_catalogue
from clerestory.catalogue.released import differing_rules, nearest_release, not_released
from clerestory.judgement.document import status_document
from clerestory.judgement.evaluate import evaluate
from clerestory.judgement.index import FactIndex
from clerestory.ledger import canonical
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document, Fact
from clerestory.verify.form.layout import CATALOGUE, STATUSES, VERSION, PackUnreadable
from clerestory.verify.verdict import Findings

Claims = Mapping[str, Mapping[str, Document]]
"""Framework -> requirement -> status."""
Judge = Callable[[Catalogue, Sequence[Fact], datetime], Claims]

UNREADABLE = (ClerestoryError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What a catalogue or fact that somebody forged can make the readers raise."""


def derive(catalogue: Catalogue, facts: Sequence[Fact], at: datetime) -> Claims:
    """Return the status of every requirement of every framework with rules, as of a moment."""
    index = FactIndex.of(catalogue, facts)
    return {
        framework: {
            requirement: status_document(status)
            for requirement, status in evaluate(catalogue, framework, index, at=at).items()
        }
        for framework, rules in catalogue.rules.items()
        if rules
    }


def statuses_document(claims: Claims, at: str) -> Document:
    """Write claimed statuses as a document."""
    return {"v": VERSION, "at": at, "statuses": claims}


def read_statuses(document: Document) -> tuple[str, Claims]:
    """Read claimed statuses; the inverse of `statuses_document`.

    Raises:
        PackUnreadable: a part is missing, unknown or of the wrong type.
    """
    at, statuses = document.get("at"), document.get("statuses")
    if set(document) != {"v", "at", "statuses"} or document["v"] is True or document["v"] != VERSION:
        raise PackUnreadable(STATUSES, "The claimed statuses have missing or unknown parts.")
    if not isinstance(at, str) or not isinstance(statuses, dict) or not all(map(_is_table, statuses.values())):
        raise PackUnreadable(STATUSES, "The claimed statuses are not in the form of statuses.")
    return at, statuses


def check_catalogue(document: Document, findings: Findings) -> tuple[Catalogue | None, dict[str, object]]:
    """Compare a pack's catalogue with the released ones and read it; name every rule that is not the installed one."""
    part: dict[str, object] = {"released": False, "differing_rules": []}
    try:
        changed, rules = not_released(document), list(differing_rules(document, load_document()))
        part |= {"released": not changed, "differing_rules": rules}
        _name_changed(changed, rules, findings)
        catalogue = read_catalogue(document)
    except UNREADABLE as error:
        findings.add(
            "E_CATALOGUE",
            CATALOGUE,
            f"The catalogue of the pack cannot be read: {_said(error)}",
            "Ask for a pack that was written with a released version.",
        )
        return None, part
    return catalogue, part | {"version": catalogue.version, "release": nearest_release(document).version}


def _said(error: Exception) -> str:
    """Return what an error says where the words are ours: those of Python differ from version to version."""
    return str(error) if isinstance(error, ClerestoryError) else "a part is missing or of another kind than it must be"


def _name_changed(changed: Sequence[str], rules: Sequence[str], findings: Findings) -> None:
    for part in changed:
        named = rules[:12] if part.startswith("rules/") else ()
        findings.add(
            "E_CATALOGUE",
            f"{CATALOGUE}, {part[:120]}{': ' if named else ''}{', '.join(named)}",
            "The catalogue is none that was ever released: this part was changed, removed, added or doubled.",
            "Ask who changed it and why; statuses derived with it are not those of the released rules.",
        )


def check_statuses(
    claimed: Claims, catalogue: Catalogue, facts: Sequence[Fact], at: datetime, judge: Judge, findings: Findings
) -> dict[str, object]:
    """Derive all statuses again and compare them with the claimed ones, byte by byte; none may be left out."""
    try:
        derived = judge(catalogue, facts, at)
        judged = {*nearest_release(catalogue.document).judged, *derived}
    except UNREADABLE as error:
        findings.add(
            "E_STATUS",
            STATUSES,
            f"The statuses cannot be derived from the facts of the pack: {_said(error)}",
            "Ask for the pack again.",
        )
        return {"verdict": "FAILED", "requirements": 0, "mismatches": []}
    mismatches = [name for name in sorted(judged) if not _whole(name, derived.get(name, {}), catalogue, findings)]
    count = 0
    for framework in sorted(claimed.keys() | derived.keys()):
        ours, theirs = derived.get(framework, {}), claimed.get(framework, {})
        for requirement in sorted(ours.keys() | theirs.keys()):
            count += 1
            if _bytes(ours.get(requirement)) != _bytes(theirs.get(requirement)):
                mismatches.append(f"{framework} {requirement}")
                findings.add(
                    "E_STATUS",
                    f"{framework}, {requirement}",
                    _difference(theirs.get(requirement), ours.get(requirement)),
                    "Rely on the derived status, and ask who changed the claimed one.",
                )
    return {"verdict": "FAILED" if mismatches else "follows", "requirements": count, "mismatches": mismatches}


def _whole(framework: str, derived: Mapping[str, Document], catalogue: Catalogue, findings: Findings) -> bool:
    """Say whether every requirement of a framework that has rules was judged, and no other."""
    known = next((item.requirements for key, item in catalogue.frameworks.items() if key == framework), ())
    asked = {str(requirement.id) for requirement in known if requirement.assessable}
    odd = sorted(asked ^ derived.keys())
    if asked and not odd:
        return True
    findings.add(
        "E_STATUS",
        f"{framework}: {', '.join(odd[:12])}" if odd else framework,
        f"{len(derived)} requirements were derived, and the catalogue has {len(asked)} to judge.",
        "Do not rely on the statuses; ask for a pack that was written with a released version.",
    )
    return False


def _difference(claimed: Document | None, derived: Document | None) -> str:
    if claimed is None:
        return "The pack claims no status for this requirement."
    if derived is None:
        return "The pack claims a status for a requirement without rules."
    says, is_ = claimed.get("conformity"), derived.get("conformity")
    if says != is_:
        return f"The pack claims {says}; the evidence gives {is_}."
    keys = sorted(key for key in claimed.keys() | derived.keys() if claimed.get(key) != derived.get(key))
    return f"The claimed status ({says}) differs from the derived one in: {', '.join(keys)}."


def _bytes(status: Document | None) -> bytes:
    return b"" if status is None else canonical.encode(status)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, dict) for item in value.values())
