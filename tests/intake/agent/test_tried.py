"""Checks of agents and of security run through a whole manifest: entries, endpoints, files and records on disk."""

import json
from pathlib import Path

from clerestory.intake.result import Result
from clerestory.terms.status import Verdict
from tests.intake.agent.test_agent import serving
from tests.intake.conftest import DATA, SYSTEM, Project, run


def check(name: str, criterion: str, **given: object) -> str:
    lines = [f"{key} = {json.dumps(value)}" for key, value in given.items()]
    return "\n".join(["", "[[check]]", f'name = "{name}"', f'criterion = "{criterion}"', 'source = "own"', *lines, ""])


def results(folder: Path) -> dict[str, Result]:
    return {result.name: result for result in run(folder).results}


def test_secrets_records_and_paths_are_read_beside_the_manifest(project: Project) -> None:
    text = (
        SYSTEM
        + DATA
        + check("security.secret-scan", "<= 0")
        + check("agents.trajectory-audit", "<= 0.1")
        + check("agents.autonomy-level", "<= 0", level="L2 collaborator")
    )
    folder = project(text)
    (folder / "path.toml").write_text('start = ["plan"]\nend = ["answer"]\n[next]\nplan = ["answer"]\n')
    steps = [
        {"run": f"r{at}", "step": step, "action": action, "human": "ann" if at % 4 else ""}
        for at in range(60)
        for step, action in enumerate(("plan", "answer"))
    ]
    (folder / "trajectories.jsonl").write_text("\n".join(json.dumps(step) for step in steps))
    found = results(folder)
    assert {name: result.verdict for name, result in found.items()} == {
        "security.secret-scan": Verdict.PASS,
        "agents.trajectory-audit": Verdict.PASS,
        "agents.autonomy-level": Verdict.PASS,
    }
    (folder / "prompts").mkdir()
    (folder / "prompts" / "system.md").write_text("Call it with sk-proj-" + "aB3dE6gH9" * 5)
    scanned = results(folder)["security.secret-scan"]
    assert scanned.verdict is Verdict.FAIL
    assert scanned.measurement is not None
    assert scanned.measurement.details["found"] == "prompts/system.md:1 model provider key"


def test_a_limit_behind_http_is_tried_until_it_says_429(project: Project) -> None:
    def limited(_question: dict[str, object], number: int) -> tuple[int, bytes]:
        return (200, b'{"decision": "allowed"}') if number <= 40 else (429, b"")

    with serving(limited) as url:
        agent = f'\n[agent]\nurl = "{url}"\n'
        limit = check("security.rate-limit", "<= 0.2", limit=40, window_s=3600)
        found = results(project(SYSTEM + DATA + agent + limit))["security.rate-limit"]
    assert found.verdict is Verdict.PASS, found
    with serving(lambda _question, _number: (200, b'{"decision": "allowed"}')) as url:
        agent = f'\n[agent]\nurl = "{url}"\n'
        found = results(project(SYSTEM + DATA + agent + limit))["security.rate-limit"]
    assert found.verdict is Verdict.FAIL


def test_outputs_of_a_language_model_are_asked_for_and_a_model_that_is_not_there_is_no_pass(project: Project) -> None:
    encoding = check("security.output-encoding", "<= 0.1", sinks=["html"])
    missing = results(project(SYSTEM + DATA + encoding))["security.output-encoding"]
    assert missing.verdict is None
    assert "[language_model]" in missing.reason
    folder = project(SYSTEM + DATA + '\n[language_model]\nentry = "talk:say"\n' + encoding)
    (folder / "talk.py").write_text("def say(question):\n    return {'text': question['messages'][-1]['text']}\n")
    found = results(folder)["security.output-encoding"]
    assert found.verdict in (Verdict.FAIL, None), found
