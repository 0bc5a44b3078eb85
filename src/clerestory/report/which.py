"""Which record an entry is about, in the few signs that tell it from others of its kind. Asks the database nothing."""

import re
from dataclasses import dataclass

from clerestory.judgement.index import FactIndex
from clerestory.judgement.population import label_of
from clerestory.judgement.row import Row
from clerestory.terms.ids import EntryId

_SPOKEN = re.compile(r"[A-Z]{1,3}-\d+(-[A-Z]\d+)?|A(\.\d+)+")
"""Ids that people say: R-2, NC-1, R-1-T1, A.2.2."""


@dataclass(frozen=True, slots=True)
class Which:
    """What tells an entry apart: of an approval the ``kind`` that was approved, an id, its access or its version."""

    kind: str = ""
    id: str = ""
    access: str = ""
    version: str = ""
    about: str = ""


def which_of(index: FactIndex, row: Row) -> Which:
    """Return what tells an entry apart from others of its kind."""
    fact = row.fact
    approved = index.rows.get(EntryId(fact.entity.split("/")[1])) if fact.entity.startswith("approval/") else None
    of = row if approved is None else approved
    tail = of.fact.entity.partition("/")[2]
    access, version = of.fact.values.get("access"), of.fact.values.get("version")
    return Which(
        kind="" if approved is None else of.fact.kind,
        id=tail if _SPOKEN.fullmatch(tail) else "",
        access=access if isinstance(access, str) else "",
        version=version if isinstance(version, str) else "",
        about="" if of.fact.subject.kind == "organisation" else label_of(of.node),
    )
