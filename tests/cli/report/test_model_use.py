"""What the model uses, in a run's page: never without its stability and faithfulness, a table behind each plot."""

import re
from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import Clerestory
from tests.intake.conftest import MANIFEST, decisions

MODEL = """
[model]
entry = "scoring:scores"
features = ["income", "sex"]
threshold = 0.5
"""
SCORING = """
def scores(document):
    columns = document["columns"]
    return {"scores": [min(max(income / 6, 0), 1) for income in columns["income"]]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = decisions().with_columns(repaid=pl.col("income") > 3)
    data.write_parquet(tmp_path / "current.parquet")
    decisions(seed=2).write_parquet(tmp_path / "reference.parquet")
    (tmp_path / "scoring.py").write_text(SCORING, encoding="utf-8")
    (tmp_path / "clerestory.toml").write_text(MANIFEST + MODEL, encoding="utf-8")
    return tmp_path


def page(clerestory: Clerestory, folder: Path) -> str:
    said = clerestory("check", folder, "--html", folder / "run.html")
    assert said.code in (0, 1, 3), said.err
    return (folder / "run.html").read_text(encoding="utf-8")


def test_importance_stands_with_what_it_is_worth_and_each_plot_with_its_table(clerestory, folder):
    text = page(clerestory, folder)
    assert "What the model uses" in text
    assert text.index("How far the order can be relied on") < text.index('aria-label="Permutation importance"')
    assert '<th scope="row">Stability</th>' in text
    assert '<th scope="row">Faithfulness</th>' in text
    assert "the model rests on what stands on top" in text
    for name in ("Permutation importance", "Partial dependence on income", "Partial dependence on sex"):
        assert f'aria-label="{name}"' in text
        assert f"<caption>{name}</caption>" in text
    income = re.search(r'<th scope="row">income</th><td>([0-9.e-]+)</td>', text)
    sex = re.search(r'<th scope="row">sex</th><td>([0-9.e-]+)</td>', text)
    assert float(income[1]) > 0.01
    assert float(sex[1]) == 0.0
    assert not re.search(r"<script|<link|<img|\ssrc=|\sstyle=|\son\w+=|@import|url\(", text)


def test_without_a_label_it_is_how_far_the_score_moves(clerestory, folder):
    manifest = (folder / "clerestory.toml").read_text(encoding="utf-8").replace('label = "repaid"\n', "")
    manifest = re.sub(
        r'\[\[check\]\]\nname = "performance.task-metric".*?metric = "accuracy"\n', "", manifest, flags=re.S
    )
    (folder / "clerestory.toml").write_text(manifest, encoding="utf-8")
    assert "the square of how far the score moves" in page(clerestory, folder)


@pytest.mark.parametrize(
    "broken",
    [
        "def scores(d):\n    raise ValueError('no')",
        "def scores(d):\n    return {'scores': [0.5]}",
        "",
        "import nothing_such",
    ],
)
def test_a_model_that_does_not_answer_leaves_the_page_without_the_section(clerestory, folder, broken):
    (folder / "scoring.py").write_text(f"{broken}\n", encoding="utf-8")
    text = page(clerestory, folder)
    assert "What the model uses" not in text
    assert "<h1>Credit scoring</h1>" in text


def test_a_run_without_a_model_has_no_such_section(clerestory, folder):
    (folder / "clerestory.toml").write_text(MANIFEST, encoding="utf-8")
    assert "What the model uses" not in page(clerestory, folder)
