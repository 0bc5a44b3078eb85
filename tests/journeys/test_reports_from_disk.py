"""Pages that the command line writes, opened from disk: axe finds nothing, and nothing else is loaded."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from clerestory.cli.report.bias_audit import bias_audit_page
from clerestory.cli.report.mitigation import mitigation_page
from clerestory.cli.report.page import page
from clerestory.intake.manifest import read
from clerestory.intake.mitigation.run import mitigate
from clerestory.intake.overview.asked import overview_of
from clerestory.intake.run import run_check
from tests.cli.measure.test_bias_audit import MANIFEST as AUDIT
from tests.cli.measure.test_bias_audit import SMALL, adults
from tests.cli.measure.test_mitigate import MANIFEST as MITIGATED
from tests.cli.report.test_model_use import MODEL, SCORING
from tests.intake.conftest import MANIFEST, decisions
from tests.simulators.browser import WINDOWS, check


def incomes() -> pl.DataFrame:
    return pl.read_parquet("src/clerestory/demo/data/adult_train.parquet")[:3_000]


def used(run: Any, run_id: str) -> str:
    return page(run, run_id, overview_of(run, lambda _what, _done, _total: None))


FORMS = {
    "audit": (AUDIT + SMALL, adults, bias_audit_page),
    "checks": (MANIFEST + MODEL, decisions, used),
    "mitigation": (MITIGATED, incomes, None),
}


@pytest.mark.parametrize("look", ["light", "phone-dark"])
@pytest.mark.parametrize("form", FORMS)
def test_a_page_from_disk_is_sound(chromium: Any, tmp_path: Path, form: str, look: str) -> None:
    manifest, data, write = FORMS[form]
    frame: pl.DataFrame = data()
    frame.write_parquet(tmp_path / "current.parquet")
    decisions(seed=2).write_parquet(tmp_path / "reference.parquet")
    (tmp_path / "clerestory.toml").write_text(manifest, encoding="utf-8")
    (tmp_path / "scoring.py").write_text(SCORING, encoding="utf-8")
    file, now = tmp_path / "page.html", datetime(2026, 11, 21, tzinfo=UTC)
    if write is None:
        text = mitigation_page(mitigate(read(tmp_path), now=lambda: now))
    else:
        text = write(run_check(read(tmp_path), now=lambda: now), "run-1")
    file.write_text(text, encoding="utf-8")
    context = chromium.new_context(**WINDOWS[look], bypass_csp=True)
    try:
        shown = context.new_page()
        asked: list[str] = []
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(file.as_uri())
        check(shown, f"{form} {look}")
        shown.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        check(shown, f"{form} {look}, opened")
        assert asked == [file.as_uri()]
    finally:
        context.close()
