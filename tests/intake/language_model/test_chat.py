"""A language model is asked over a real connection or in its own process; whatever misbehaves is no answer."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.trial import Call, Chat, Message, Reply, Tool, Unanswered
from clerestory.intake.asking.endpoint import EndpointUnusable
from clerestory.intake.language_model.chat import Chatting, LanguageModelUnusable
from clerestory.intake.language_model.wire import BLOCKED, LONGEST_TEXT, entry_reply, reply_of
from clerestory.intake.manifest.language_model import LanguageModelTable
from tests.simulators.completions import Completions, completion

HELLO = Chat((Message("user", "Hello"),))
MODULE = """
import time

def echo(messages):
    return " | ".join(f"{m['role']}: {m['content']}" for m in messages)

def slow(messages):
    time.sleep(30)

def odd(messages):
    return 42

def acting(messages):
    return {"text": "", "calls": [{"tool": "pay", "arguments": {"to": "x", "sum": 3}}]}
"""


@pytest.fixture
def server() -> Iterator[Completions]:
    with Completions() as made:
        yield made


def table(server: Completions, **more: object) -> LanguageModelTable:
    given = {"url": server.url, "model": "stand-in", "retries": 1, "timeout_s": 2} | more
    return LanguageModelTable(**given)  # type: ignore[arg-type]


def asking(server: Completions, folder: Path, waits: list[float] | None = None, **more: object) -> Chatting:
    return Chatting(table(server, **more), folder, wait=[].append if waits is None else waits.append)


def test_the_systems_own_prompt_comes_first_and_what_a_check_adds_follows_in_one_message(server, tmp_path):
    (tmp_path / "prompt.txt").write_text("You are the clerk.\n", encoding="utf-8")
    chat = asking(server, tmp_path, system_prompt="prompt.txt", temperature=0.0, max_tokens=50)
    said = chat(Chat((Message("system", "Keep K-1."), Message("user", "Hello")), seed=7))
    assert said.text == "You said: Hello"
    (sent,) = server.asked
    assert sent["messages"] == [
        {"role": "system", "content": "You are the clerk.\n\nKeep K-1."},
        {"role": "user", "content": "Hello"},
    ]
    assert (sent["seed"], sent["temperature"], sent["max_tokens"], sent["stream"]) == (7, 0.0, 50, False)
    assert chat.notes["language model"] == f"stand-in at {server.url}"
    assert chat.notes["prompt of the language model"].startswith("prompt.txt sha256:")
    assert len(chat.notes["prompt of the language model"]) == len("prompt.txt sha256:") + 64


def test_the_key_comes_from_the_variable_that_is_named_and_stands_in_no_note(server, tmp_path, monkeypatch):
    monkeypatch.setenv("STAND_IN_KEY", "k-123")
    chat = asking(server, tmp_path, key_env="STAND_IN_KEY")
    chat(HELLO)
    assert server.keys == ["Bearer k-123"]
    assert "k-123" not in json.dumps(chat.notes)
    with pytest.raises(EndpointUnusable, match="NO_SUCH_KEY holds no key"):
        asking(server, tmp_path, key_env="NO_SUCH_KEY")(HELLO)


def test_after_429_it_waits_as_long_as_it_is_told_and_asks_again(server, tmp_path):
    waits: list[float] = []
    server.scripted = [(429, {"Retry-After": "3"}, b"")]
    assert asking(server, tmp_path, waits)(HELLO).text == "You said: Hello"
    assert waits == [3.0]


@pytest.mark.parametrize(
    "status, headers, body",
    [
        (200, {}, b"<html>"),
        (200, {}, b"[]"),
        (200, {}, b'{"choices": []}'),
        (200, {}, b'{"choices": [{"text": "an older form"}]}'),
        (200, {}, completion(None)),
        (200, {}, completion(12)),
        (200, {"Content-Type": "text/event-stream"}, b'data: {"choices": []}\n\ndata: [DONE]\n'),
        (200, {}, completion("a" * (LONGEST_TEXT + 1))),
        (200, {"Content-Length": "900"}, b'{"choices"'),
        (400, {}, b'{"error": "too long"}'),
    ],
)
def test_an_answer_of_another_form_is_no_answer_and_the_next_one_counts(server, tmp_path, status, headers, body):
    server.scripted = [(status, headers, body)]
    chat = asking(server, tmp_path, retries=0)
    with pytest.raises(Unanswered):
        chat(HELLO)
    assert chat(HELLO).text == "You said: Hello"


def test_one_that_hangs_is_given_up_in_time_and_after_five_in_a_row_nobody_waits_any_longer(server, tmp_path):
    server.scripted = [(0, {}, b"")] + [(503, {}, b"")] * 4
    chat = asking(server, tmp_path, retries=0, timeout_s=1)
    for _ in range(4):
        with pytest.raises(Unanswered):
            chat(HELLO)
    with pytest.raises(LanguageModelUnusable, match="5 questions in a row got no answer"):
        chat(HELLO)


def test_one_that_only_drips_is_given_up_in_time(server, tmp_path):
    server.scripted = [(1, {}, completion("a" * 500))]
    with pytest.raises(Unanswered, match="took longer than 1 s"):
        asking(server, tmp_path, retries=0, timeout_s=1)(HELLO)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_address_ends_the_trial_with_the_reason(server, tmp_path, status):
    server.scripted = [(status, {}, b"")]
    with pytest.raises(EndpointUnusable, match=f"refuses with HTTP {status}"):
        asking(server, tmp_path)(HELLO)


@pytest.mark.parametrize(
    "answer",
    [
        (400, {}, b'{"error": {"code": "content_filter", "message": "filtered"}}'),
        (200, {}, completion("", finish_reason="content_filter")),
    ],
)
def test_what_a_content_filter_stops_is_a_refusal_of_the_system_not_a_failure_to_answer(server, tmp_path, answer):
    server.scripted = [answer]
    assert asking(server, tmp_path)(HELLO).text == BLOCKED


def test_an_endpoint_that_knows_no_seed_is_asked_without_one(server, tmp_path):
    server.scripted = [(400, {}, b'{"error": "unknown parameter: seed"}')]
    chat = asking(server, tmp_path)
    chat(HELLO)
    chat(HELLO)
    assert ["seed" in sent for sent in server.asked] == [True, False, False]


def test_tools_are_offered_and_calls_read(server, tmp_path):
    call = {"id": "1", "type": "function", "function": {"name": "pay", "arguments": '{"to": "x", "sum": 3}'}}
    body = json.loads(completion(None))
    body["choices"][0]["message"]["tool_calls"] = [call]
    server.scripted = [(200, {}, json.dumps(body).encode())]
    said = asking(server, tmp_path)(Chat(HELLO.messages, tools=(Tool("pay", "Pays.", {"to": "Whom"}),)))
    assert said.calls == (Call("pay", {"to": "x", "sum": "3"}),)
    assert server.asked[0]["tools"][0]["function"]["name"] == "pay"


def test_parts_of_a_text_are_one_text(server, tmp_path):
    server.scripted = [(200, {}, completion([{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]))]
    assert asking(server, tmp_path)(HELLO).text == "one two"


def test_the_judge_is_another_model_and_without_one_the_check_says_so(server, tmp_path):
    with Completions(says=lambda _: "SUPPORTED") as other:
        chat = asking(server, tmp_path, judge=table(other, model="judge-1"))
        assert chat(Chat(HELLO.messages, who="judge")).text == "SUPPORTED"
        assert chat.notes["judge"] == f"judge-1 at {other.url}"
    with pytest.raises(LanguageModelUnusable, match="asks a judge, and there is none"):
        asking(server, tmp_path)(Chat(HELLO.messages, who="judge"))


def entry(folder: Path, function: str, **more: object) -> Chatting:
    (folder / "assistant.py").write_text(MODULE, encoding="utf-8")
    return Chatting(LanguageModelTable(entry=f"assistant:{function}", **more), folder)  # type: ignore[arg-type]


def test_an_entry_takes_the_messages_and_its_file_is_named_by_digest(tmp_path):
    (tmp_path / "prompt.txt").write_text("Be brief.", encoding="utf-8")
    chat = entry(tmp_path, "echo", system_prompt="prompt.txt")
    assert chat(HELLO) == Reply("system: Be brief. | user: Hello")
    assert chat.notes["language model"].startswith("assistant:echo sha256:")


def test_an_entry_that_hangs_or_returns_something_else_gives_no_answer(tmp_path):
    with pytest.raises(Unanswered, match="did not answer within 1 s"):
        entry(tmp_path, "slow", timeout_s=1)(HELLO)
    with pytest.raises(Unanswered, match="neither a text"):
        entry(tmp_path, "odd")(HELLO)
    assert entry(tmp_path, "acting")(HELLO).calls == (Call("pay", {"to": "x", "sum": "3"}),)


def test_a_prompt_outside_the_folder_or_of_bytes_is_refused(server, tmp_path):
    (tmp_path / "prompt.bin").write_bytes(b"\xff\xfe\xff")
    for path in ("../prompt.txt", "gone.txt", "prompt.bin"):
        with pytest.raises(LanguageModelUnusable, match=r"no such file|no text"):
            asking(server, tmp_path, system_prompt=path)


KEYS = ["choices", "message", "content", "tool_calls", "function", "name", "arguments", "text", "calls", "tool"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_whatever_form_an_answer_has_it_is_a_reply_or_no_answer(document):
    for reading in (reply_of, entry_reply):
        with suppress(Unanswered):
            assert isinstance(reading(document).text, str)
