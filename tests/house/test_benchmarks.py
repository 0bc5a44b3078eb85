"""The benchmark of a report measures what it says, on few rows; whether goals are met is for a quiet machine."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from benchmarks.assurance import GOALS, report


def test_the_report_is_measured_against_the_scan_and_every_check_of_it_runs(tmp_path: Path) -> None:
    figures = report(tmp_path, 20_000, 1)
    assert figures["could_not_run"] in ("", "-")
    assert float(str(figures["ratio_with_digest"])) >= float(str(figures["ratio"])) > 0
    assert 0 < float(str(figures["digest_cpu_s"])) < float(str(figures["report_cpu_s"]))
    assert set(GOALS) == {"ratio", "rows_ratio", "peak_mb", "merge_ms", "flat", "evidently", "fairlearn"}


def test_a_folder_with_other_data_is_not_measured_over(tmp_path: Path) -> None:
    (tmp_path / "rows-10").mkdir()
    (tmp_path / "rows-10" / "reference").mkdir()
    with pytest.raises(FileExistsError):
        report(tmp_path, 10, 1)


def test_the_benchmark_of_documents_sets_the_whole_statement_with_its_360_risks() -> None:
    import django

    django.setup()
    from benchmarks.documents import GOALS, statement

    from clerestory.desk.document import Table, paper_file

    risks = Table("Risks", ("No.",), [(f"R-{number}",) for number in range(360)])
    paper = statement(datetime(2026, 11, 21, tzinfo=UTC), risks)
    annex, own, listed = paper.tables
    assert (len(annex.rows), len(own.rows), len(listed.rows), len(paper.evidence)) == (38, 2, 360, 40)
    named = {line for table in (annex, own) for row in table.rows for line in row[3] if line.startswith("Unequal")}
    assert len(named) == 360
    assert paper_file(paper, "pdf").startswith(b"%PDF-")
    assert {"statement_and_360_risks_pdf_s": 3.0, "rows_20000_xlsx_s": 5.0}.items() <= GOALS.items()


def test_the_benchmark_of_flips_tries_the_zip_and_each_member_inside_and_finds_none_undetected() -> None:
    from benchmarks.flips import measure

    figures = measure(1, 400, 1)
    tried = int(str(figures["refused_by_zip"])) + int(str(figures.get("refused_by_verdict", 0)))
    assert tried + int(str(figures.get("without_effect", 0))) == -(-int(str(figures["pack_bytes"])) // 400)
    assert int(str(figures["inside_refused"])) == int(str(figures["flips"])) - tried >= 13
    assert figures["undetected"] == 0
