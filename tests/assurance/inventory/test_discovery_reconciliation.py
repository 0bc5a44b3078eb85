"""AI found by search against a register: what is used and not registered, and what was not searched."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerestory.assurance.inventory import uses
from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "inventory.discovery-reconciliation"
VECTORS = Path(__file__).parents[2] / "vectors" / "inventory"
CODE = {
    "app/score.py": "import numpy as np\nfrom sklearn.linear_model import LogisticRegression\n",
    "app/chat.py": "import os, openai as o\nURL = 'https://api.openai.com/v1'\n",
    "models/net.onnx": b"\x08\x08\x00",
}
REGISTER = "id,uses,paths\nscoring,sklearn,app/score.py\nchat,openai,app/*.py\nnet,,models/*\n"


def test_all_that_is_found_and_registered_passes(tmp_path):
    found = measured(NAME, write(tmp_path, CODE | {"ai_register.csv": REGISTER}))
    assert {cell.group: cell.n for cell in found.by_group} == {
        "library": 2,
        "model file": 1,
        "register entry": 3,
        "service": 1,
        "source": 3,
    }
    assert verdict(found) is Verdict.PASS


def test_what_is_not_registered_fails_and_an_entry_that_was_not_found_is_unknown(tmp_path):
    without = "\n".join(line for line in REGISTER.splitlines() if not line.startswith("chat"))
    found = measured(NAME, write(tmp_path, CODE | {"ai_register.csv": f"{without}\ngone,torch,\n"}))
    assert found.details["library: broken"] == "app/chat.py: openai: is not in the register"
    assert (found.value, found.high) == (2.0, 3.0)
    assert verdict(found) is Verdict.FAIL


def test_a_source_that_matches_nothing_counts_as_not_searched(tmp_path):
    folder = write(tmp_path, CODE | {"ai_register.csv": REGISTER})
    found = measured(NAME, folder, sources=["**/*.py", "models/*", "infrastructure/**/*.tf"])
    assert found.details["source: not judged"] == "infrastructure/**/*.tf matches no file"
    assert verdict(found) is Verdict.INCONCLUSIVE
    assert found.covers == ("**/*.py", "models/*")
    assert found.lists == {"declared_sources": ("**/*.py", "models/*", "infrastructure/**/*.tf")}


def test_what_another_tool_found_in_its_own_run_is_found_here_too(tmp_path):
    # Frozen result of ai-bom 3.6.0: three libraries, three model files and a tool server.
    listed = json.loads((VECTORS / "ai-bom_3.6.0.cdx.json").read_bytes())["components"]
    theirs = {part["name"].lower() for part in listed}
    files = {
        "requirements.txt": "transformers==4.1\nlangchain\n",
        "a.py": "import openai\n",
        "mcp.json": '{"mcpServers": {"fs": {"command": "npx"}}}',
        "net.onnx": b"\x00",
        "weights.safetensors": b"\x00",
        "m.gguf": b"\x00",
        "ai_register.csv": "id,uses,paths\n",
    }
    found = measured(NAME, write(tmp_path, files))
    named = " ".join(text for key, text in found.details.items() if key.endswith("broken"))
    for name in ("transformers", "openai", "langchain", "net.onnx", "weights.safetensors", "m.gguf"):
        assert any(name in part for part in theirs) and name in named
    assert "mcp.json: fs" in named


@pytest.mark.parametrize(
    "path, text, expected",
    [
        ("a.py", "from google import generativeai\nimport google.generativeai as g\n", {"google.generativeai"}),
        ("a.py", "# openai is not imported\nx = 'import openai'\n", set()),
        ("a.py", "import torchvision\n", set()),
        ("a.ipynb", json.dumps({"cells": [{"source": ["import torch\n", "x = 1"]}]}), {"torch"}),
        ("a.ts", 'import Anthropic from "@anthropic-ai/sdk";', {"@anthropic-ai/sdk"}),
        ("a.js", "const o = require('openai')", {"openai"}),
        ("pyproject.toml", 'dependencies = ["OpenAI>=1", "rich"]\n', {"openai"}),
        ("pyproject.toml", '[tool.poetry.dependencies]\nlangchain = "^0.3"\n', {"langchain"}),
        ("package.json", '{"dependencies": {"openai": "^4"}}', {"openai"}),
        ("package.json", "broken", set()),
        ("notes.md", "We use openai.", set()),
    ],
)
def test_uses_are_found_where_each_kind_of_file_states_them(path, text, expected):
    assert {name for kind, name in uses.of_text(path, text) if kind == "library"} == expected


def test_files_left_out_and_folders_of_tools_are_not_searched(tmp_path):
    files = {
        "tests/t.py": "import torch\n",
        ".venv/lib/x.py": "import torch\n",
        "ai_register.csv": "id,uses,paths\n",
        "a.py": "",
    }
    found = measured(NAME, write(tmp_path, files), leave_out=["tests/*"])
    assert (found.value, found.details["files left out"]) == (0.0, "1")
    assert found.details["uses in files left out, not counted"] == "1"


@pytest.mark.parametrize(
    "files, problem",
    [
        ({}, "no file"),
        ({"ai_register.csv": "name\n"}, "no column 'id'"),
        ({"ai_register.csv": "id,uses,paths\na,,\na,,\n"}, "twice"),
    ],
)
def test_a_register_of_another_form_is_refused(files, problem, tmp_path):
    with pytest.raises(FileUnusable, match=problem):
        measured(NAME, write(tmp_path, files))


def test_nothing_searched_says_nothing(tmp_path):
    found = measured(NAME, write(tmp_path, {"ai_register.csv": "id,uses,paths\n"}))
    assert found.reason is Reason.INSUFFICIENT_DATA


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.sampled_from(["torch", "openai", "mlflow", "spacy"])),
    st.sets(st.sampled_from(["torch", "openai", "mlflow", "spacy"])),
)
def test_as_many_count_as_are_used_and_not_registered(tmp_path, used, registered):
    code = "".join(f"import {name}\n" for name in sorted(used)) or "x = 1\n"
    register = "id,uses,paths\n" + "".join(f"{name},{name},\n" for name in sorted(registered))
    found = measured(NAME, write(tmp_path, {"a.py": code, "ai_register.csv": register}))
    assert found.value == len(used - registered)
    assert found.high == len(used - registered) + len(registered - used)
