"""The ledger as a file where disk, folder or seal are not as they should be: answers never lie there unpaid."""

import errno
import os

import pytest

from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.intake.release import ledger_file
from clerestory.intake.release.ledger_file import LedgerChanged, LedgerNotWritten
from clerestory.intake.release.run import release
from tests.intake.release.test_release import COUNT, NOW, asked, folder

__all__ = ["folder"]
QUESTION = COUNT.format(epsilon=0.1)


def left(folder):
    """Return what a stop in the middle left beside the targets."""
    return [file for file in folder.iterdir() if file.name.startswith(".figures") or file.name.startswith(".privacy")]


def test_a_disk_that_fills_up_at_the_ledger_leaves_no_answers_behind(folder, monkeypatch):
    wanted, real, calls = asked(folder, QUESTION), os.fsync, []

    def full_at_the_second(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(ledger_file.os, "fsync", full_at_the_second)
    with pytest.raises(LedgerNotWritten, match=r"No space left.*nothing was released\."):
        release(wanted, now=NOW)
    assert [file.name for file in left(folder)] == [".privacy_budget.toml.lock"]
    assert not (folder / "privacy_budget.toml").exists() and not (folder / "figures.json").exists()


def test_whoever_is_killed_before_the_ledger_is_written_leaves_no_answers_behind(folder, monkeypatch):
    class Killed(BaseException):
        pass

    seen = {}

    def look(path, target):
        seen.setdefault(target.name, [file.read_bytes() for file in left(folder) if ".figures" in file.name])
        raise Killed

    monkeypatch.setattr(ledger_file.Path, "replace", look)
    with pytest.raises(Killed):
        release(asked(folder, QUESTION), now=NOW)
    assert list(seen) == ["privacy_budget.toml"]
    assert [set(body) for body in seen["privacy_budget.toml"]] == [{0}]


def test_an_output_that_is_a_folder_or_the_data_costs_nothing(folder):
    (folder / "figures.json").mkdir()
    with pytest.raises(LedgerNotWritten, match=r"is a folder; nothing was released\."):
        release(asked(folder, QUESTION), now=NOW)
    (folder / "people.csv").write_text("sex\nFemale\nMale\n")
    with pytest.raises(ManifestUnusable, match="the data itself"):
        release(asked(folder, QUESTION, output="./people.csv", more='input = "people.csv"'), now=NOW)
    assert (folder / "people.csv").read_text() == "sex\nFemale\nMale\n"
    assert not (folder / "privacy_budget.toml").exists()


def test_an_output_that_cannot_be_filled_any_more_says_that_its_budget_is_spent(folder, monkeypatch):
    wanted, real = asked(folder, QUESTION), ledger_file.Path.replace

    def refused(path, target):
        if target.name == "figures.json":
            raise OSError(errno.EIO, "Input/output error")
        return real(path, target)

    monkeypatch.setattr(ledger_file.Path, "replace", refused)
    with pytest.raises(LedgerNotWritten, match="its budget is spent"):
        release(wanted, now=NOW)
    assert "epsilon = 0.1" in (folder / "privacy_budget.toml").read_text()
    assert [file.name for file in left(folder)] == [".privacy_budget.toml.lock"]


@pytest.mark.parametrize(
    "seal", ["[]", "{}", '{"size": Infinity, "digest": "x"}', '{"size": -1, "digest": "x"}', "\x00"]
)
def test_a_seal_that_says_nothing_stops_the_release(folder, seal):
    release(asked(folder, QUESTION), now=NOW)
    (folder / "privacy_budget.toml.seal").write_text(seal)
    with pytest.raises(LedgerChanged):
        release(asked(folder, QUESTION, output="more.json"), now=NOW)
    assert not (folder / "more.json").exists()
