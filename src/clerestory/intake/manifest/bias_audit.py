"""The table [bias_audit] of a manifest: what an audit of New York City's Local Law 144 declares beside its numbers.

Nothing here is found by a program: who audited, when, on what data. What is missing is not assumed.
"""

from dataclasses import dataclass
from datetime import date, datetime

from clerestory.intake.manifest.section import Place, Section

DATA_KINDS = ("historical", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasAuditTable:
    """What [bias_audit] says. ``sex`` and ``race_ethnicity`` are columns of the data.

    ``auditor`` and ``independence`` (why the auditor is independent, in the auditor's own words) go together; without
    them the report says that no independent auditor is declared.
    """

    sex: str
    race_ethnicity: str
    data: str
    source: str
    tool: str | None = None
    audited_on: date
    distributed_on: date
    auditor: str | None = None
    independence: str | None = None
    published_by: str | None = None
    why_test_data: str | None = None
    how_test_data_was_made: str | None = None
    where: str = ""


def read_bias_audit(place: Place, values: object) -> BiasAuditTable:
    """Read [bias_audit].

    Raises:
        ManifestUnusable: a key is missing, unknown, of a wrong type, or does not go with another.
    """
    section = Section(place, "bias_audit", values)
    kind = section.choice("data", DATA_KINDS)
    if kind is None:
        raise section.error(
            "data",
            "[bias_audit] does not say which data it rests on",
            'Add data = "historical" (of the tool in use) or data = "test" (6 RCNY 5-302).',
        )
    table = BiasAuditTable(
        sex=section.text("sex"),
        race_ethnicity=section.text("race_ethnicity"),
        data=kind,
        source=section.text("source"),
        tool=section.text_or_none("tool"),
        audited_on=_day(section, "audited_on"),
        distributed_on=_day(section, "distributed_on"),
        auditor=section.text_or_none("auditor"),
        independence=section.text_or_none("independence"),
        published_by=section.text_or_none("published_by"),
        why_test_data=section.text_or_none("why_test_data"),
        how_test_data_was_made=section.text_or_none("how_test_data_was_made"),
        where=section.where(),
    )
    section.close()
    _require_whole(section, table)
    return table


def _day(section: Section, key: str) -> date:
    value = section.day_or_none(key)
    if value is None:
        raise section.error(key, f"[bias_audit] has no {key!r}", f"Add {key} = 2026-01-31 (a date without quotes).")
    if isinstance(value, datetime):
        return value.date()
    return value


def _require_whole(section: Section, table: BiasAuditTable) -> None:
    if table.sex == table.race_ethnicity:
        raise section.error(
            "race_ethnicity", f"[bias_audit] names {table.sex!r} as both sex and race_ethnicity", "Name two columns."
        )
    if (table.auditor is None) != (table.independence is None):
        missing = "auditor" if table.auditor is None else "independence"
        raise section.error(
            missing,
            f"[bias_audit] has no {missing!r} beside what it says of the auditor",
            "Give auditor and independence (in the auditor's words: no part in using, developing or distributing the"
            " tool, no employment, no financial interest), or neither.",
        )
    if table.data == "test" and (table.why_test_data is None or table.how_test_data_was_made is None):
        raise section.error(
            "data",
            "[bias_audit] rests on test data and does not say why, or how they were made",
            "Give why_test_data and how_test_data_was_made (6 RCNY 5-302 (b)).",
        )
