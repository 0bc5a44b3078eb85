"""A paper with everything that a paper can hold."""

from datetime import UTC, date, datetime

import pytest

from clerestory.desk.document import Facts, Head, Heading, Mark, Paper, Paragraph, Reference, Table

AT = datetime(2026, 11, 21, 11, 20, tzinfo=UTC)
HASH = "5f" * 32


@pytest.fixture
def paper() -> Paper:
    """Give a record with facts, text, a table and an entry."""
    rows = [(f"R-{n}", "Unequal rates", Mark("Nonconforming", "bad"), date(2026, 12, 1), n) for n in range(120)]
    return Paper(
        "Risk register",
        "Northlight Bank AG",
        AT,
        (
            Facts((("Owner", "Ada Okafor"), ("In scope", True), ("Levels", ["low", "high"]))),
            Heading("What was decided"),
            Paragraph("First line\nSecond line"),
            Table("Risks", ("No.", "Risk", "Status", "Due", Head("Level", numeric=True)), rows),
            Table("Nothing", ("A",), (), empty="Nothing was treated yet."),
        ),
        subtitle="Open risks",
        language="en",
        evidence=(Reference("01JD0000000000000000000001", HASH, "Acceptance of R-1"),),
    )
