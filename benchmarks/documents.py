"""Measure documents: a Statement of Applicability and 360 risks as PDF and DOCX, 20,000 rows as XLSX.

Run: python -m benchmarks.documents. Seconds are wall clock of a process that has written a small document before;
beside them stand ratios to the barest thing that the same library can do with the same cells, measured in the same run.
"""

import io
import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")

GOALS = {"statement_pdf_s": 3.0, "risks_360_pdf_s": 3.0, "rows_20000_xlsx_s": 5.0}
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
    from clerestory.desk.document import Head, Mark, Paper, Reference, Table, paper_file

    at = datetime(2026, 11, 21, 11, 20, tzinfo=UTC)
    evidence = [Reference(f"01JD{n:022d}", f"{n:064x}", f"Decision on A.{n}") for n in range(38)]
    heads = ("No.", "Control", "Decision", "Reason", "Status", "Linked risks", Head("Evidence", numeric=True))
    included, stale, high = Mark("Included", "good"), Mark("Stale", "old"), Mark("High", "bad")
    decided = [
        (f"A.{n}", "Roles and responsibilities for AI", included, REASON * 6, stale, "R-1", n) for n in range(38)
    ]
    statement = Paper("Statement of Applicability", "Northlight", at, (Table("", heads, decided),), evidence=evidence)
    columns = ("No.", "Risk", "Source", "Owner", "Likelihood", "Consequence", "Level", "Treatment", "Due")
    risks = [
        (f"R-{n}", REASON, "Data", "Ada Okafor", "Likely", "Major", high, f"Modify: {REASON}", date(2026, 12, 1))
        for n in range(360)
    ]
    register = Paper("Risk register", "Northlight", at, (Table("", columns, risks),))
    many = [
        (f"R-{n}", "Unequal rates", "Data", "Ada", "Likely", "Major", high, n, date(2026, 12, 1)) for n in range(20_000)
    ]
    book = Paper("Risk register", "Northlight", at, (Table("", columns, many),))
    for form in ("pdf", "docx", "xlsx"):
        paper_file(Paper("Warm", "up", at, (Table("", ("A",), (("1",),)),)), form)
    figures = {
        "statement_pdf_s": _seconds(lambda: paper_file(statement, "pdf")),
        "statement_docx_s": _seconds(lambda: paper_file(statement, "docx")),
        "risks_360_pdf_s": _seconds(lambda: paper_file(register, "pdf")),
        "risks_360_docx_s": _seconds(lambda: paper_file(register, "docx")),
        "rows_20000_xlsx_s": _seconds(lambda: paper_file(book, "xlsx")),
    }
    figures["risks_360_pdf_over_bare_typst"] = figures["risks_360_pdf_s"] / _seconds(lambda: _bare_pdf(risks))
    figures["rows_20000_xlsx_over_bare_xlsxwriter"] = figures["rows_20000_xlsx_s"] / _seconds(lambda: _bare_xlsx(many))
    missed = [key for key, goal in GOALS.items() if figures[key] > goal]
    print(json.dumps({**{key: round(value, 2) for key, value in figures.items()}, "goals": GOALS, "missed": missed}))
    return 1 if missed else 0


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
