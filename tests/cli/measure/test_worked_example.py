"""The worked example of the papers, word for word: its commands end as it says, and it tells the figures of the run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "worked-example.md"
SRC = str(Path(__file__).parents[3] / "src")
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
ENDS = re.compile(r"#\s*exit code (\d)")


def test_each_command_ends_as_the_page_says_and_the_figures_are_those_of_the_page(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "clerestory"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from clerestory.cli.main import run; run()" "$@"\n')
    command.chmod(0o755)
    environment = {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": SRC}
    text = PAGE.read_text(encoding="utf-8")
    said = ""
    for block in BLOCK.findall(text):
        ends = ENDS.search(block)
        done = subprocess.run(
            ["bash", "-c", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == int(ends.group(1) if ends else 0), done.stdout + done.stderr
        said += done.stdout
    assert "The numbers of all 14 checks are the same." in said
    checks = {check["name"]: check for check in json.loads((tmp_path / "run.json").read_text())["checks"]}
    verdicts = {name.partition(".")[2]: check["verdict"] for name, check in checks.items()}
    assert verdicts["membership-inference"] == "INCONCLUSIVE"
    assert [verdicts[n] for n in ("noise-flip-rate", "evasion", "faithfulness", "domain-classifier")] == ["PASS"] * 4
    noise, evasion, domain = (
        checks[name]["measurement"]
        for name in ("robustness.noise-flip-rate", "robustness.evasion", "drift.domain-classifier")
    )
    assert (
        f"{100 * float(noise['value']):.1f} % of the decisions change, at most {100 * float(noise['high']):.1f} %"
        in text
    )
    share = [f"{100 * float(evasion[end]):.0f}" for end in ("value", "low", "high")]
    assert f"{share[0]} % of the refusals turn, between {share[1]} and {share[2]} %" in text
    assert f"of {evasion['n']} refused people {round(float(evasion['value']) * evasion['n'])} would be accepted" in text
    assert evasion["details"]["turned by one feasible change at random"].startswith("4 of")
    assert f"area {float(domain['value']):.2f}," in text
