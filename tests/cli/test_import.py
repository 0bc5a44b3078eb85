"""`clerestory import` against a real server: a dry run that names rows and fields, then every row or none."""

import json

import pytest

from clerestory.desk.lists import ListQuery
from clerestory.registers.inventory.queries import ai_systems
from tests.cli.test_push import cli, owner, secret

__all__ = ["cli", "owner"]

HEAD = "Name,Purpose,Owner,Where it is used\n"
GOOD = (
    f"{HEAD}Minutes,Summarise our meetings,owner@example.org,none of these\n"
    "Hiring,Rank applicants,owner@example.org,employment\n"
)


@pytest.fixture
def arguments(owner, live_server):
    """Give what every call ends with: the server and a token that may write."""
    return ("--server", live_server.url, "--token", secret(owner, "read", "write"))


def test_a_file_is_tried_and_then_imported_from_the_command_line(owner, arguments, cli, tmp_path):
    file = tmp_path / "systems.csv"
    file.write_text(GOOD, encoding="utf-8")
    code, out, _err = cli("import", file, "--dry-run", *arguments)
    assert (code, "2 systems can be imported" in out) == (0, True)
    assert ai_systems(owner, ListQuery()).total == 0
    code, out, _err = cli("import", file, "--json", *arguments)
    assert (code, json.loads(out)["registered"]) == (0, 2)
    assert ai_systems(owner, ListQuery()).total == 2


def test_wrong_rows_are_named_on_the_command_line_and_nothing_is_imported(owner, arguments, cli, tmp_path):
    file = tmp_path / "systems.csv"
    file.write_text(GOOD + "Stars,,nobody@example.org,astrology\n", encoding="utf-8")
    code, out, err = cli("import", file, *arguments)
    assert code == 2
    assert "4, purpose" in out
    assert "4, owner" in out
    assert "Nothing was imported" in err
    assert ai_systems(owner, ListQuery()).total == 0
    assert cli("import", tmp_path / "absent.csv", *arguments)[0] == 2
    assert cli("import", file)[0] == 2


def test_a_file_that_never_ends_is_refused_before_anything_is_sent(cli):
    code, _out, err = cli("import", "/dev/zero", "--token", "none")
    assert code == 2
    assert "zero has more than 20000000 bytes" in err
    assert "in several files" in err
