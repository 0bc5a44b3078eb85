"""Each own lint rule finds what it is for, lets the right way pass, and holds in the whole repository."""

from pathlib import Path, PurePosixPath

import pytest

from tools.lint.rule import Rule
from tools.lint.run import ALL, lint, lint_text

ROOT = Path(__file__).resolve().parents[2]
BY_NAME = {rule.name: rule for rule in ALL}

ALSO_WRONG = [
    ("organisation-scope", "store/log/read.py", "Entry.objects.get(pk=1)"),
    ("organisation-scope", "desk/models.py", "x = [row for row in Comment.objects.all()]"),
    ("organisation-scope", "registers/risk/queries.py", "Risk._default_manager.count()"),
    ("organisation-scope", "registers/risk/queries.py", "Risk.objects.filter(Q(owner=1) | Q(level=2))"),
    ("one-write-path", "registers/risk/views.py", "risk.save()"),
    ("one-write-path", "web/pages/board.py", "risk.delete()"),
    ("one-write-path", "processes/incident.py", "Risk.objects.get_or_create(organisation_id=1)"),
    ("one-write-path", "report/board.py", "rows.filter(level=1).update(level=2)"),
    ("no-get-model", "web/pages/board.py", "from django.apps import apps\napps.get_models()"),
    ("permit-first", "registers/risk/queries.py", "def open_risks(actor):\n    return ()"),
    (
        "permit-first",
        "registers/risk/commands/accept.py",
        "def accept(*, actor):\n    return permit(actor, 'write', 'risk')",
    ),
    ("no-clock", "registers/risk/commands.py", "from django.utils import timezone\nx = timezone.now()"),
    ("no-clock", "registers/risk/models.py", "x = DateTimeField(auto_now=True)"),
    ("no-clock", "registers/risk/models.py", "x = DateTimeField(default=timezone.now)"),
    ("no-clock", "intake/run.py", "import time\nstarted = time.time()"),
    ("no-clock", "report/board.py", "import datetime\nx = datetime.date.today()"),
    ("organisation-day", "registers/risk/queries/lists.py", "x = row.closed_at.date()"),
    ("organisation-day", "web/pages/home.py", "start = datetime.combine(day, time.min, tzinfo=UTC)"),
    ("organisation-day", "jobs/reminders.py", "start = datetime.datetime.combine(day, noon, tzinfo=timezone.utc)"),
    ("no-environment", "cli/main.py", "from os import environ"),
    ("no-environment", "store/home.py", "import os\nos.getenv('HOME')"),
    ("no-broad-except", "store/unit.py", "try:\n    x()\nexcept:\n    pass"),
    ("no-broad-except", "store/unit.py", "try:\n    x()\nexcept (ValueError, BaseException):\n    pass"),
    ("no-patching", "tests/store/test_unit.py", "import unittest.mock"),
    ("no-patching", "tests/store/test_unit.py", "import time\ntime.sleep(1)"),
    ("no-environment", "cli/main.py", "import os\nos.environ.setdefault('HOME', '/')"),
    ("no-empty-suffix", "web/pages/members.py", "class InviteForm(Invite):\n    pass"),
    ("no-drawer", "store/utils/text.py", "x = 1"),
    ("no-empty-suffix", "web/pages/board.py", "class BoardView:\n    pass"),
]
ALSO_RIGHT = [
    ("organisation-scope", "desk/models.py", "User.objects.get(email=email)"),
    ("organisation-scope", "store/log/read.py", "Entry.objects.select_related('x').filter(organisation=o).first()"),
    ("organisation-scope", "store/migrations/0002_fill.py", "Entry.objects.all()"),
    ("organisation-scope", "registers/risk/queries.py", "Risk.objects.filter(Q(organisation_id=o) & Q(level=2))"),
    ("one-write-path", "web/pages/board.py", "counts.update({'a': 1})"),
    ("one-write-path", "report/pack.py", "digest.update(b'x')"),
    ("one-write-path", "registers/risk/commands/accept.py", "risk.save()"),
    ("organisation-day", "judgement/age.py", "day = row.end.date()"),
    ("organisation-day", "desk/day.py", "day = moment.astimezone(zone).date()"),
    ("organisation-day", "registers/risk/rules.py", "moment = datetime.combine(day, hour, tzinfo=zone)"),
    ("permit-first", "registers/risk/commands.py", "def _row(actor):\n    return None"),
    ("permit-first", "registers/risk/rules.py", "def is_stale(at):\n    return at"),
    ("organisation-scope", "store/log/read.py", "Entry.objects.filter(pk=row.pk).update(x=1)"),
    (
        "no-environment",
        "web/wsgi.py",
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'clerestory.settings')",
    ),
    ("no-empty-suffix", "web/pages/members.py", "class InviteForm(forms.Form):\n    pass"),
    ("no-clock", "web/pages/board.py", "from datetime import datetime, UTC\nat = datetime.now(UTC)"),
    ("no-clock", "store/clock.py", "from datetime import datetime, UTC\nat = datetime.now(UTC)"),
    ("no-clock", "intake/run.py", "import time\nstarted = time.monotonic()"),
    ("no-environment", "settings.py", "import os\nos.environ['HOME']"),
    ("no-broad-except", "web/errors.py", "try:\n    x()\nexcept Exception:\n    pass"),
]


def found(rule: Rule, place: str, text: str) -> list[str]:
    return [breach.rule for breach in lint_text(text, PurePosixPath(place), [rule])]


@pytest.mark.parametrize("name", BY_NAME)
def test_rule_finds_its_wrong_example_and_passes_its_right_one(name: str) -> None:
    rule = BY_NAME[name]
    assert rule.reason
    assert found(rule, rule.example_at, rule.wrong) == [name]
    assert found(rule, rule.right_at or rule.example_at, rule.right) == []


@pytest.mark.parametrize("name,place,text", ALSO_WRONG)
def test_rule_finds_other_ways_to_break_it(name: str, place: str, text: str) -> None:
    assert found(BY_NAME[name], place, text) == [name]


@pytest.mark.parametrize("name,place,text", ALSO_RIGHT)
def test_rule_lets_pass_what_is_right(name: str, place: str, text: str) -> None:
    assert found(BY_NAME[name], place, text) == []


def test_allowance_needs_a_reason_and_something_to_allow() -> None:
    place = PurePosixPath("store/home.py")
    reading = "import os\nos.getenv('HOME')"
    assert [
        b.rule for b in lint_text(reading + "  # house: allow no-environment: asked before settings exist", place)
    ] == []
    above = "import os\n# house: allow no-environment: asked before settings exist\nos.getenv('HOME')"
    assert [b.rule for b in lint_text(above, place)] == []
    assert {b.rule for b in lint_text(reading + "  # house: allow no-environment", place)} == {
        "no-environment",
        "allowance",
    }
    assert [b.rule for b in lint_text("x = 1  # house: allow no-environment: nothing here", place)] == ["allowance"]


def test_file_that_cannot_be_parsed_is_named() -> None:
    assert [breach.rule for breach in lint_text("def (", PurePosixPath("store/home.py"))] == ["readable"]


def test_whole_repository_keeps_the_rules() -> None:
    assert [f"{b.file}:{b.line} {b.rule}: {b.message}" for b in lint(ROOT)] == []
