"""A judge of three lines, for tests of packs that are not about the real rules: a passing check conforms."""

from collections.abc import Sequence
from datetime import datetime

from clerestory.catalogue.catalogue import Catalogue
from clerestory.terms.fact import Fact
from clerestory.terms.ids import FrameworkId
from clerestory.verify.derivation import Claims


def simple_judge(catalogue: Catalogue, facts: Sequence[Fact], at: datetime) -> Claims:
    because = [f.entry_id for f in facts if f.values.get("verdict") == "PASS" and f.received_at <= at]
    good = "CONFORMS" if because else "NOT_EVIDENCED"
    asked = [r.id for r in catalogue.frameworks[FrameworkId("iso42001-2023")].requirements if r.assessable]
    none = {"conformity": "NOT_EVIDENCED", "because": [], "coverage": {"have": 0, "need": 1}}
    return {
        "iso42001-2023": {
            **dict.fromkeys(asked, none),
            "A.7.4": {"conformity": good, "because": because, "coverage": {"have": len(because), "need": 2}},
        }
    }
