"""Preparation done again: equal input and code must give equal files, on real preparations of real data."""

import hashlib
import json
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "provenance.preparation-reproducibility"
CODE = b"def prepare(rows): ..."


def sha(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def run(number: int, source: bytes, made: bytes, **more: object) -> dict[str, object]:
    return {
        "id": f"run-{number}",
        "at": f"2026-11-{number:02d}T00:00:00Z",
        "input": {"raw.csv": sha(source)},
        "code": {"prepare.py": sha(CODE)},
        "output": {"clean.csv": sha(made)},
        "environment": "a",
    } | more


def recorded(folder: Path, source: bytes, made: bytes, *runs: dict[str, object]):
    files = {f"runs/{item['id']}.json": json.dumps(item) for item in runs}
    return measured(NAME, write(folder, files | {"raw.csv": source, "clean.csv": made, "prepare.py": CODE}))


def prepared(source: bytes, seed: int | None) -> bytes:
    """Prepare real rows: shuffled with a seed that is given, or with none."""
    lines = source.splitlines()[:200]
    random.Random(seed).shuffle(lines)
    return b"\n".join(lines)


def test_a_seeded_preparation_of_real_data_passes_and_one_without_a_seed_fails(tmp_path):
    demo = Path(__file__).parents[3] / "src" / "clerestory" / "demo" / "data"
    source = pl.read_parquet(demo / "german_credit.parquet").write_csv().encode()
    seeded = [prepared(source, 7) for _ in range(2)]
    found = recorded(tmp_path, source, seeded[1], *(run(n + 1, source, made) for n, made in enumerate(seeded)))
    assert {cell.group: cell.n for cell in found.by_group} == {"file of the last run": 3, "output": 1}
    assert verdict(found) is Verdict.PASS
    chance = [prepared(source, None) for _ in range(2)]
    other = recorded(tmp_path, source, chance[1], *(run(n + 1, source, made) for n, made in enumerate(chance)))
    assert "different files" in other.details["output: broken"]
    assert verdict(other) is Verdict.FAIL


def test_runs_of_another_input_or_other_parameters_are_no_repetition(tmp_path):
    found = recorded(
        tmp_path, b"1", b"x", run(1, b"1", b"x", parameters={"cut": 3}), run(2, b"1", b"x", parameters={"cut": 4})
    )
    assert found.details["run: not judged"] == "run-1 was made once; run-2 was made once"
    assert verdict(found) is Verdict.INCONCLUSIVE


def test_an_output_that_only_one_run_made_and_a_file_changed_since_count(tmp_path):
    found = recorded(
        tmp_path, b"1", b"y", run(1, b"1", b"x"), run(2, b"1", b"x", output={"clean.csv": sha(b"x"), "b": sha(b"")})
    )
    assert "b of run-1 and run-2: not every run made it" in found.details["output: broken"]
    assert "clean.csv has another content" in found.details["file of the last run: broken"]
    assert found.value == 2.0


@pytest.mark.parametrize(
    "body, problem",
    [("{}", "no 'id'"), (json.dumps(run(1, b"", b"", input={})), "no table of digests"), ("[", "no JSON")],
)
def test_a_record_of_another_form_is_refused(body, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, {"runs/a.json": body}))


def test_one_record_copied_is_refused_as_a_second_run(tmp_path):
    body = json.dumps(run(1, b"", b""))
    with pytest.raises(FileUnusable, match="id of another run"):
        measured(NAME, write(tmp_path, {"runs/a.json": body, "runs/b.json": body}))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([b"x", b"y"]), min_size=2, max_size=5))
def test_equal_outputs_and_only_they_pass(tmp_path, made):
    for old in (tmp_path / "runs").glob("*"):
        old.unlink()
    found = recorded(tmp_path, b"1", made[-1], *(run(number + 1, b"1", body) for number, body in enumerate(made)))
    assert verdict(found) is (Verdict.PASS if len(set(made)) == 1 else Verdict.FAIL)
