"""A function beside the manifest answers from its own process; one that hangs, ends or shouts harms nobody."""

from pathlib import Path

import pytest

from clerestory.assurance.trial import Unanswered
from clerestory.intake.asking.entry import Entry, EntryUnusable

MODULE = """
import os, time

def double(document):
    print("something said aside")
    return {"doubled": 2 * document["number"]}

def hang(document):
    time.sleep(600 if document["hang"] else 0)
    return "awake"

def leave(document):
    os._exit(3)

def fail(document):
    raise ValueError("no such column")

def odd(document):
    return object()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "under_test.py").write_text(MODULE)
    return tmp_path


def test_a_function_is_asked_again_and_again_and_what_it_prints_is_no_answer(folder):
    entry = Entry(folder, "under_test:double")
    assert [entry.ask({"number": n}) for n in (1, 2, 3)] == [{"doubled": 2}, {"doubled": 4}, {"doubled": 6}]
    entry.close()


def test_one_that_hangs_is_ended_and_asked_anew(folder):
    entry = Entry(folder, "under_test:hang", timeout_s=0.5)
    with pytest.raises(Unanswered, match=r"did not answer within 0\.5 s"):
        entry.ask({"hang": True})
    assert entry.ask({"hang": False}) == "awake"
    entry.close()


@pytest.mark.parametrize(
    "function, problem",
    [("leave", "ended"), ("fail", "raised ValueError: no such column"), ("odd", "raised TypeError")],
)
def test_one_that_ends_raises_or_returns_no_json_gives_no_answer_and_says_why(folder, function, problem):
    entry = Entry(folder, f"under_test:{function}")
    for _ in range(2):
        with pytest.raises(Unanswered, match=problem):
            entry.ask({})
    entry.close()


@pytest.mark.parametrize("name", ["under_test", "under_test:", "../x:y", "a b:c"])
def test_a_name_that_is_no_function_is_refused_before_anything_runs(folder, name):
    with pytest.raises(EntryUnusable, match=r"no module:function"):
        Entry(folder, name)


@pytest.mark.parametrize("name", ["under_test:gone", "nowhere:at_all"])
def test_a_function_that_is_not_there_is_named(folder, name):
    with pytest.raises(EntryUnusable, match="cannot be used"):
        Entry(folder, name).ask({})
