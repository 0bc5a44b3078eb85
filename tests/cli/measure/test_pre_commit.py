"""The pre-commit recipe as it stands in the papers: a failed criterion stops the commit, nothing else does."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.intake.conftest import MANIFEST, decisions

ROOT = Path(__file__).parents[3]
STRICT = '\n[[check]]\nname = "performance.task-metric"\ncriterion = ">= {}"\nsource = "own"\nmetric = "accuracy"\n'


@pytest.mark.parametrize("limit, code", [("0.744", 0), ("0.99", 1)])
def test_the_hook_stops_what_fails_and_nothing_else(tmp_path: Path, limit: str, code: int) -> None:
    decisions().write_parquet(tmp_path / "current.parquet")
    decisions(seed=2).write_parquet(tmp_path / "reference.parquet")
    (tmp_path / "clerestory.toml").write_text(MANIFEST + STRICT.format(limit), encoding="utf-8")
    (hook,) = yaml.safe_load((ROOT / "docs" / "recipes" / "pre-commit.yaml").read_text())["repos"][0]["hooks"]
    command = tmp_path / "bin" / "clerestory"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from clerestory.cli.main import run; run()" "$@"\n')
    command.chmod(0o755)
    environment = {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(shlex.split(hook["entry"]), cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == code
    assert not (tmp_path / ".clerestory").exists()
