"""The enforcement point that a manifest names is asked in a process of its own or over HTTP, and may misbehave."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from clerestory.assurance.trial import Act, Call, Unanswered
from clerestory.intake.agent import MOST_SILENT, AgentSilent, AskedAgent, acted
from clerestory.intake.asking.endpoint import EndpointUnusable
from clerestory.intake.asking.entry import EntryUnusable
from clerestory.intake.manifest import read
from clerestory.intake.manifest.agent import AgentTable
from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.terms.status import Verdict
from tests.intake.conftest import DATA, SYSTEM, Project, run

ACT = Act("clerk", Call("pay", {"amount": "10"}), {"label": "internal"}, "head", "k1")
GATE = """
import os, sys, time
count = 0
def decide(question):
    global count
    count += 1
    kind = question["arguments"].get("amount")
    print("noise on the way")
    if kind == "hang":
        time.sleep(60)
    if kind == "end":
        os._exit(3)
    if kind == "raise":
        raise ValueError("wrong amount")
    if kind == "shape":
        return ["allowed"]
    if kind == "maybe":
        return {"decision": "maybe"}
    if kind == "effects":
        return {"decision": "allowed", "effects": "paid"}
    return {"decision": "allowed", "effects": [f"{question['principal']} {count}"], "text": question["key"]}
"""


def asking(amount: str) -> Act:
    return Act("clerk", Call("pay", {"amount": amount}))


def test_an_entry_is_asked_with_all_of_an_act_and_keeps_its_state(tmp_path: Path) -> None:
    (tmp_path / "gate.py").write_text(GATE)
    agent = AskedAgent(tmp_path, AgentTable(entry="gate:decide", timeout_s=20))
    first, second = agent(ACT), agent(ACT)
    assert (first.decision, first.effects, first.text) == ("allowed", ("clerk 1",), "k1")
    assert second.effects == ("clerk 2",)
    assert 0 < first.seconds < 20


@pytest.mark.parametrize(
    "kind, problem",
    [
        ("hang", "did not answer within 1 s"),
        ("end", "ended without an answer"),
        ("raise", "raised ValueError: wrong amount"),
        ("shape", "without a decision"),
        ("maybe", "without a decision"),
        ("effects", "effects or text of another form"),
    ],
)
def test_an_entry_that_misbehaves_gives_no_answer_and_is_asked_again(tmp_path: Path, kind: str, problem: str) -> None:
    (tmp_path / "gate.py").write_text(GATE)
    agent = AskedAgent(tmp_path, AgentTable(entry="gate:decide", timeout_s=1))
    with pytest.raises(Unanswered, match=problem):
        agent(asking(kind))
    assert agent(ACT).decision == "allowed"


def test_an_entry_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "gate.py").write_text("decide = 1 / 0")
    with pytest.raises(EntryUnusable, match="ZeroDivisionError"):
        AskedAgent(tmp_path, AgentTable(entry="gate:decide"))(ACT)
    with pytest.raises(EntryUnusable, match="No module named 'door'"):
        AskedAgent(tmp_path, AgentTable(entry="door:decide"))(ACT)


@contextmanager
def serving(answer: Callable[[dict[str, object], int], tuple[int, bytes]]) -> Iterator[str]:
    """Serve answers to questions on a port of this machine; ``answer`` gets the question and its number."""
    asked = [0]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked[0] += 1
            status, body = answer(question, asked[0])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/decide"
    finally:
        server.shutdown()
        server.server_close()


def test_an_endpoint_is_asked_with_the_same_json(tmp_path: Path) -> None:
    def answer(question: dict[str, object], _number: int) -> tuple[int, bytes]:
        assert question["approved_by"] == "head" and question["context"] == {"label": "internal"}
        return 200, json.dumps({"decision": "waits", "text": "for a person"}).encode()

    with serving(answer) as url:
        said = AskedAgent(tmp_path, AgentTable(url=url, timeout_s=5))(ACT)
    assert (said.decision, said.effects, said.text) == ("waits", (), "for a person")


@pytest.mark.parametrize(
    "status, body, problem",
    [(200, b"<html>", "no JSON"), (200, b"[]", "without a decision"), (429, b"", "HTTP 429"), (503, b"", "HTTP 503")],
)
def test_an_endpoint_that_misbehaves_gives_no_answer(tmp_path: Path, status: int, body: bytes, problem: str) -> None:
    with serving(lambda _question, _number: (status, body)) as url:
        agent = AskedAgent(tmp_path, AgentTable(url=url, timeout_s=5, retries=0))
        with pytest.raises(Unanswered, match=problem):
            agent(ACT)


def test_a_refusal_for_now_is_asked_again_unless_it_is_the_answer_looked_for(tmp_path: Path) -> None:
    def second(_question: dict[str, object], number: int) -> tuple[int, bytes]:
        return (429, b"") if number == 1 else (200, b'{"decision": "denied"}')

    with serving(second) as url:
        assert AskedAgent(tmp_path, AgentTable(url=url, retries=1))(ACT).decision == "denied"
    with serving(second) as url, pytest.raises(Unanswered, match="HTTP 429"):
        AskedAgent(tmp_path, AgentTable(url=url, retries=1))(Act("clerk", Call("pay"), once=True))


def test_an_endpoint_that_refuses_for_good_ends_the_check(tmp_path: Path) -> None:
    with serving(lambda _question, _number: (404, b"")) as url, pytest.raises(EndpointUnusable, match="HTTP 404"):
        AskedAgent(tmp_path, AgentTable(url=url))(ACT)


def test_silence_many_times_in_a_row_ends_the_check(tmp_path: Path) -> None:
    (tmp_path / "gate.py").write_text(GATE)
    agent = AskedAgent(tmp_path, AgentTable(entry="gate:decide"))
    for _ in range(MOST_SILENT - 1):
        with pytest.raises(Unanswered):
            agent(asking("raise"))
    with pytest.raises(AgentSilent, match="20 times in a row"):
        agent(asking("raise"))


def test_an_answer_is_read_strictly() -> None:
    assert acted({"decision": "denied", "more": 1}).decision == "denied"
    for wrong in (
        None,
        {},
        {"decision": "Denied"},
        {"decision": "denied", "effects": [1]},
        {"decision": "denied", "text": 1},
    ):
        with pytest.raises(Unanswered):
            acted(wrong)


AGENT = '\n[agent]\nentry = "gate:decide"\n'
CHECK = '\n[[check]]\nname = "agents.tool-permission"\ncriterion = "<= 0.05"\nsource = "own"\n'


@pytest.mark.parametrize(
    "table, problem, remedy",
    [
        ("entry = 'gate'", "entry is 'gate'", "module:function"),
        ("url = 'ftp://x'", "url is no http(s) address", "https://"),
        ("url = 'http://u:p@x'", "url is no http(s) address", "without a password"),
        ("timeout_s = 3", "neither of entry and url", "module:function"),
        ("entry = 'a:b'\nurl = 'http://x'", "both of entry and url", "url"),
        ("entry = 'a:b'\nretries = 5", "retries does not go with entry", "url"),
        ("entry = 'a:b'\ntimeout_s = 9999", "timeout_s is 9999", "600"),
        ("url = 'http://x'\nkey_env = 'sk-123 4'", "key_env is no name", "variable"),
        ("entri = 'a:b'", "unknown key 'entri'", "'entry'"),
    ],
)
def test_a_wrong_agent_table_is_named_with_its_line(tmp_path: Path, table: str, problem: str, remedy: str) -> None:
    (tmp_path / "clerestory.toml").write_text(f"{SYSTEM}{DATA}\n[agent]\n{table}\n{CHECK}", encoding="utf-8")
    with pytest.raises(ManifestUnusable) as refused:
        read(tmp_path)
    assert problem in refused.value.problem and "line" in refused.value.problem
    assert remedy in refused.value.remedy
    assert "sk-123" not in str(refused.value)


POLICY = """
principals = ["clerk", "guest", "auditor", "visitor"]
[[tool]]
name = "note"
[tool.arguments]
text = "hello"
[[allow]]
principals = ["clerk"]
tools = ["note"]
"""


@pytest.mark.parametrize("who, verdict", [('== "clerk"', Verdict.PASS), ('in "clerk,guest"', Verdict.FAIL)])
def test_a_whole_run_tries_the_agent_of_the_manifest(project: Project, who: str, verdict: Verdict) -> None:
    folder = project(SYSTEM + DATA + AGENT + CHECK.replace("0.05", "0.1"))
    (folder / "policy.toml").write_text(POLICY)
    (folder / "gate.py").write_text(
        "def decide(q):\n"
        f"    if q['principal'] {who} and q['tool'] == 'note' and set(q['arguments']) == {{'text'}}:\n"
        "        return {'decision': 'allowed', 'effects': ['noted']}\n"
        "    return {'decision': 'denied'}\n"
    )
    found = run(folder)
    (result,) = found.results
    assert result.verdict is verdict, result
    assert result.measurement is not None
    assert result.measurement.details["agent"].startswith("gate:decide sha256:")
    assert b"gate:decide" in found.body()


def test_a_key_that_is_not_set_stops_only_the_checks_that_ask(project: Project) -> None:
    agent = '\n[agent]\nurl = "http://127.0.0.1:9/decide"\nkey_env = "NO_SUCH_KEY_HERE"\n'
    other = '\n[[check]]\nname = "security.secret-scan"\ncriterion = "<= 0"\nsource = "own"\n'
    folder = project(SYSTEM + DATA + agent + CHECK + other)
    (folder / "policy.toml").write_text(POLICY)
    tried, scanned = run(folder).results
    assert tried.verdict is None and "NO_SUCH_KEY_HERE" in tried.reason
    assert scanned.verdict is Verdict.PASS
