"""The table [deployment] of a manifest: which deployment of the system is measured, and since when it works."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from clerestory.intake.manifest.section import Place, Section, Value
from clerestory.terms.moment import MomentUnreadable, moment_text, read_moment

_SLUG = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
LONGEST_ID = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentTable:
    """What [deployment] says: its name within the system, and since when it works; an empty text where not said."""

    id: str
    started_at: str = ""


def read_deployment(place: Place, values: object) -> DeploymentTable:
    """Read [deployment].

    Raises:
        ManifestUnusable: a key is missing, unknown or of a wrong type.
    """
    given = dict(values) if isinstance(values, Mapping) else {}
    started = given.pop("started_at", None)
    section = Section(place, "deployment", given if isinstance(values, Mapping) else values)
    name = section.text("id")
    if not _SLUG.fullmatch(name) or len(name) > LONGEST_ID:
        raise section.error(
            "id", f"[deployment] id is {name!r}", "Use small letters, digits and hyphens, like branch-offices."
        )
    section.close()
    return DeploymentTable(id=name, started_at="" if started is None else _moment(section, started))


def _moment(section: Section, value: Value) -> str:
    try:
        if isinstance(value, str):
            return moment_text(read_moment(value))
        if isinstance(value, datetime):
            return moment_text(value if value.tzinfo is not None else value.replace(tzinfo=UTC))
        if isinstance(value, date):
            return moment_text(datetime(value.year, value.month, value.day, tzinfo=UTC))
    except MomentUnreadable:
        pass
    raise section.error(
        "started_at", f"[deployment] started_at is {str(value)!r}", "Write a moment, like 2026-10-01T08:00:00Z."
    )
