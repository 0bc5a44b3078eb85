"""The benchmark of a report measures what it says, on few rows; whether goals are met is for a quiet machine."""

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
