"""A server runs no function, opens no pickle and calls no address of a manifest; what needs none of that still runs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clerestory.intake.manifest import read
from clerestory.intake.outside import OutsideRefused, is_opened
from clerestory.intake.run import run_check
from clerestory.terms.error import ClerestoryError
from tests.intake.conftest import CHECKS, MANIFEST, Project, decisions

NOISE = (
    '\n[[check]]\nname = "robustness.noise-flip-rate"\ncriterion = "<= 0.2"\nsource = "own"\nfeatures = ["income"]\n'
)
MARK = "from pathlib import Path\nPath('started').touch()\ndef scores(document):\n    return document\n"


def inside(folder: Path) -> object:
    return run_check(read(folder), now=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC), outside=False)


def manifest(table: str, checks: str = CHECKS) -> str:
    return MANIFEST.replace(CHECKS, f"\n{table}\n{checks}")


@pytest.fixture
def folder(project: Project, tmp_path: Path) -> Path:
    (tmp_path / "scoring.py").write_text(MARK)
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04cos\nsystem\n.")
    return project()


@pytest.mark.parametrize(
    "table, place",
    [
        ('[model]\nentry = "scoring:scores"\nfeatures = ["income"]', r"\[model\] entry"),
        ('[model]\npath = "model.pkl"\nallow_pickle = true\nfeatures = ["income"]', r"\[model\] allow_pickle"),
        ('[model]\nurl = "http://127.0.0.1:1/"\nversion = "1"\nfeatures = ["income"]', r"\[model\] url"),
    ],
)
def test_a_check_that_would_ask_outside_is_refused_by_its_line_and_nothing_is_started(folder, project, table, place):
    with pytest.raises(OutsideRefused, match=place) as refused:
        inside(project(manifest(table, NOISE)))
    assert "line" in refused.value.problem
    assert not (folder / "started").exists()


def test_what_is_named_and_not_asked_is_neither_started_nor_in_the_way(folder, project):
    done = inside(project(manifest('[model]\nentry = "scoring:scores"\nfeatures = ["income"]')))
    assert len(done.results) == 4  # type: ignore[attr-defined]
    assert not (folder / "started").exists()


def test_scores_that_only_code_could_make_are_not_made(folder, project):
    text = manifest('[model]\nentry = "scoring:scores"\nfeatures = ["income"]\nthreshold = 0.5')
    with pytest.raises(OutsideRefused, match="lacks scores"):
        inside(project(text, decisions().drop("score")))
    assert not (folder / "started").exists()


@pytest.mark.parametrize(
    "location", ["postgresql://db.example/loans#public.decisions", "s3://bucket/decisions.parquet"]
)
def test_data_behind_an_address_are_not_fetched(project, location):
    with pytest.raises(OutsideRefused, match=r"\[data\] current"):
        inside(project(MANIFEST.replace('current = "current.parquet"', f'current = "{location}"')))


OPENED = ("postgresql://db.example:5432/loans", "s3://decisions/2026")


@pytest.mark.parametrize(
    "location, allowed",
    [
        ("postgresql://db.example:5432/loans#public.decisions", True),
        ("postgresql://reader:secret@db.example:5432/loans#public.decisions", True),
        ("postgresql://db.example/loans#public.decisions", False),
        ("postgresql://db.example:5432/payroll#public.staff", False),
        ("postgresql://db.example:5432/loans?host=evil.example#public.decisions", False),
        ("postgresql://evil.example,db.example:5432/loans#public.decisions", False),
        ("postgresql://evil.example/@db.example:5432/loans#x", False),
        ("s3://decisions/2026/11/*.parquet", True),
        ("s3://decisions/2026", True),
        ("s3://decisions/2026x/a.parquet", False),
        ("s3://decisions/2026/../2025/a.parquet", False),
        ("s3://key:secret@decisions/2026/a.parquet", False),
        ("s3://other/2026/a.parquet", False),
        ("https://decisions/2026/a.parquet", False),
    ],
)
def test_only_databases_and_buckets_that_were_opened_may_be_named(location, allowed):
    assert is_opened(location, OPENED) is allowed
    assert not is_opened(location, ())


def test_agents_and_language_models_are_not_asked_by_a_server(project, tmp_path):
    for table, name, more in (
        ("agent", "agents.idempotency", ""),
        ("language_model", "language_models.jailbreak", ""),
    ):
        check = f'\n[[check]]\nname = "{name}"\ncriterion = "<= 0.1"\nsource = "own"\n{more}'
        (tmp_path / "scoring.py").write_text(MARK)
        with pytest.raises(ClerestoryError) as refused:
            inside(project(manifest(f'[{table}]\nentry = "scoring:scores"', check)))
        assert f"[{table}] entry" in refused.value.problem
    assert not (tmp_path / "started").exists()
