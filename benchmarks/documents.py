"""Measure documents: a Statement of Applicability with 360 risks as PDF and DOCX, 20,000 rows as XLSX.

The statement is set by the register's own code: 38 controls, two own ones, the 360 risks named in the rows that rest on
them, and after them the register of those risks in the same file.

Run: python -m benchmarks.documents. Seconds are wall clock of a process that has written a small document before;
beside them stand ratios to the barest thing that the same library can do with the same cells, measured in the same run.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clerestory.desk.document import Paper, Table

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")

GOALS = {"statement_and_360_risks_pdf_s": 3.0, "rows_20000_xlsx_s": 5.0, "rows_20000_list_xlsx_s": 5.0}
REASON = (
    "Personal data of applicants are processed in the scoring system; the control limits who may see them and is "
    "needed to treat the risk of disclosure. "
)
BARE = """#let rows = json(bytes(sys.inputs.rows))
#set page(flipped: true)
#table(columns: rows.at(0).len(), ..rows.flatten())"""


def main() -> int:
    """Measure each document; return 1 when one misses its goal."""
    import django

    django.setup()
    from clerestory.desk.document import Mark, Paper, Table, paper_file
    from clerestory.desk.lists import Column
    from clerestory.desk.lists.table import xlsx_file

    at = datetime(2026, 11, 21, 11, 20, tzinfo=UTC)
    high = Mark("High", "bad")
    columns = ("No.", "Risk", "Source", "Owner", "Likelihood", "Consequence", "Level", "Treatment", "Due")
    risks = [
        (f"R-{n}", REASON, "Data", "Ada Okafor", "Likely", "Major", high, f"Modify: {REASON}", date(2026, 12, 1))
        for n in range(360)
    ]
    whole = statement(at, Table("Risks", columns, risks))
    register = Paper("Risk register", "Northlight", at, (Table("", columns, risks),))
    many = [
        (f"R-{n}", "Unequal rates", "Data", "Ada", "Likely", "Major", high, n, date(2026, 12, 1)) for n in range(20_000)
    ]
    book = Paper("Risk register", "Northlight", at, (Table("", columns, many),))
    listed = [Column(name=name, label=name, value=partial(_cell, place)) for place, name in enumerate(columns)]
    for form in ("pdf", "docx", "xlsx"):
        paper_file(Paper("Warm", "up", at, (Table("", ("A",), (("1",),)),)), form)
    figures = {
        "statement_and_360_risks_pdf_s": _seconds(lambda: paper_file(whole, "pdf")),
        "statement_and_360_risks_docx_s": _seconds(lambda: paper_file(whole, "docx")),
        "statement_and_360_risks_xlsx_s": _seconds(lambda: paper_file(whole, "xlsx")),
        "risks_360_pdf_s": _seconds(lambda: paper_file(register, "pdf")),
        "rows_20000_xlsx_s": _seconds(lambda: paper_file(book, "xlsx")),
        "rows_20000_list_xlsx_s": _seconds(lambda: xlsx_file(listed, many)),
    }
    bare_pdf, bare_xlsx = _seconds(lambda: _bare_pdf(risks)), _seconds(lambda: _bare_xlsx(many))
    figures["risks_360_pdf_over_bare_typst"] = figures["risks_360_pdf_s"] / bare_pdf
    figures["rows_20000_xlsx_over_bare_xlsxwriter"] = figures["rows_20000_xlsx_s"] / bare_xlsx
    figures["rows_20000_list_xlsx_over_bare_xlsxwriter"] = figures["rows_20000_list_xlsx_s"] / bare_xlsx
    missed = [key for key, goal in GOALS.items() if figures[key] > goal]
    print(json.dumps({**{key: round(value, 2) for key, value in figures.items()}, "goals": GOALS, "missed": missed}))
    return 1 if missed else 0


def statement(at: datetime, risks: Table) -> Paper:
    """Return a statement of 38 controls and two own ones that rest on 360 risks, and the risks after it."""
    from clerestory.desk.document import Paper, Reference
    from clerestory.registers.applicability.queries import Implementation, KnownRecord, StatementVersion
    from clerestory.registers.applicability.rules import Ground, Line, annex_titles
    from clerestory.registers.applicability.views.paper import Shown, statement_tables
    from clerestory.terms.ids import EntryId, PersonId, RequirementId
    from clerestory.terms.status import Conformity

    names = annex_titles()
    controls = [*names, "O.1", "O.2"]
    known = {("risk", f"risk-{n}"): KnownRecord("risk", f"risk-{n}", f"Unequal rates {n}", "", "") for n in range(360)}
    lines = [
        Line(
            control=RequirementId(control),
            included=True,
            justification=REASON * 3,
            ground=Ground.RISK,
            risks=tuple(f"risk-{n}" for n in range(place * 9, place * 9 + 9)),
            version=1,
            entry_id=EntryId(f"01JD{place:022d}"),
            own_title="Second look at refusals" if control.startswith("O.") else "",
        )
        for place, control in enumerate(controls)
    ]
    evidence = [Reference(line.entry_id, f"{place:064x}", str(line.control)) for place, line in enumerate(lines)]
    version = StatementVersion(1, PersonId("person-1"), at, EntryId("01JD"), len(lines), 0, [], tuple(lines))
    status = {control: Implementation(Conformity.STALE, 2, 3, None) for control in controls}
    shown = Shown(at=at, titles=names, names={"person-1": "Ada Okafor"}, known=known, status=status)
    tables = (*statement_tables(version, shown), risks)
    return Paper("Statement of Applicability", "Northlight", at, tables, evidence=evidence, landscape=True)


def _cell(place: int, row: tuple[object, ...]) -> object:
    return getattr(row[place], "text", row[place])


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _bare_pdf(rows: list[tuple[object, ...]]) -> None:
    import typst

    data = json.dumps([[str(getattr(cell, "text", cell)) for cell in row] for row in rows])
    typst.compile(BARE.encode(), format="pdf", sys_inputs={"rows": data})


def _bare_xlsx(rows: list[tuple[object, ...]]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write_string(line, place, str(getattr(cell, "text", cell)))


if __name__ == "__main__":
    sys.exit(main())
