"""Rules on what code may reach without saying so: the clock, the environment, any exception at all."""

import ast
from collections.abc import Iterator

from tools.lint.rule import Place, Rule, calls, dotted, is_migration, is_test, top

SHELLS = {"web", "cli", "jobs"}
CLOCK_READERS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "timezone.now", "timezone.localtime",
    "timezone.localdate", "time.time", "time.time_ns", "time.localtime", "time.gmtime",
}  # fmt: skip
CLOCK_PLACES = {"store/clock.py"}
DAY_FLOORS = {"registers", "desk", "processes", "report", "web", "jobs"}
DAY_PLACES = {"desk/day.py"}
ENVIRONMENT_READERS = {"os.environ", "os.getenv", "os.environb"}
ENVIRONMENT_PLACES = {"settings.py"}


def clock(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find readings of the clock outside the shells."""
    if top(place) in SHELLS or str(place) in CLOCK_PLACES or is_migration(place) or is_test(place):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            ending = ".".join(dotted(node).split(".")[-2:])
            if ending in CLOCK_READERS:
                yield node.lineno, f"{ending} reads the clock"
        if isinstance(node, ast.keyword) and node.arg in ("auto_now", "auto_now_add"):
            yield node.value.lineno, f"{node.arg} reads the clock"


def day_of_utc(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find days taken from moments in UTC where people's days are meant."""
    if top(place) not in DAY_FLOORS or str(place) in DAY_PLACES or is_migration(place):
        return
    for call in calls(tree):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "date" and not call.args:
            yield call.lineno, "takes the day from a moment in UTC"
        if dotted(call.func).endswith("datetime.combine") and any(
            word.arg == "tzinfo" and dotted(word.value).rpartition(".")[2].lower() == "utc" for word in call.keywords
        ):
            yield call.lineno, "begins or ends a day in UTC"


def environment(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find readings of the environment outside the settings."""
    if str(place) in ENVIRONMENT_PLACES or is_test(place):
        return
    settled = {id(node) for call in calls(tree) if _names_settings(call) for node in ast.walk(call.func)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in settled and dotted(node) in ENVIRONMENT_READERS:
            yield node.lineno, f"{dotted(node)} reads the environment"
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            for name in {alias.name for alias in node.names} & {"environ", "getenv", "environb"}:
                yield node.lineno, f"os.{name} reads the environment"


def _names_settings(call: ast.Call) -> bool:
    """Tell whether a call does nothing but name the settings module to Django."""
    first = call.args[0] if call.args else None
    named = isinstance(first, ast.Constant) and first.value == "DJANGO_SETTINGS_MODULE"
    return named and dotted(call.func) == "os.environ.setdefault"


def broad_except(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find handlers that catch everything."""
    if top(place) in SHELLS or is_test(place):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or dotted(kind) in ("Exception", "BaseException") for kind in kinds):
                yield node.lineno, "catches every exception"


def patching(tree: ast.Module, place: Place) -> Iterator[tuple[int, str]]:
    """Find tests that patch code or sleep."""
    if not is_test(place):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("unittest.mock"):
            yield node.lineno, "imports a mock"
        if isinstance(node, ast.Import | ast.ImportFrom) and any(
            alias.name in ("unittest.mock", "mock") for alias in node.names
        ):
            yield node.lineno, "imports a mock"
    for call in calls(tree):
        if dotted(call.func) == "time.sleep":
            yield call.lineno, "sleeps instead of waiting for what it expects"


RULES = (
    Rule(
        name="no-clock",
        reason="The moment is an argument, so that a past day is the same call; only shells read the clock.",
        example_at="judgement/age.py",
        wrong="stale = fact.observed.end < datetime.now(UTC) - age",
        right="stale = fact.observed.end < at - age",
        check=clock,
    ),
    Rule(
        name="organisation-day",
        reason="A person's day is that of the organisation; in Auckland the morning is still yesterday in UTC.",
        example_at="registers/risk/commands/task.py",
        wrong="late = due_on < clock.now().date()",
        right="late = due_on < today_of(actor)",
        check=day_of_utc,
    ),
    Rule(
        name="no-environment",
        reason="What the environment changes stands in settings.py alone, so that it can be found and documented.",
        example_at="store/keys.py",
        wrong="home = os.environ['CLERESTORY_HOME']",
        right="home = settings.CLERESTORY_HOME",
        check=environment,
    ),
    Rule(
        name="no-broad-except",
        reason="A broad except turns a defect into a result; only a shell may catch everything, to show it to people.",
        example_at="intake/run.py",
        wrong="try:\n    run()\nexcept Exception:\n    pass",
        right="try:\n    run()\nexcept UnreadableData as error:\n    report(error)",
        check=broad_except,
    ),
    Rule(
        name="no-patching",
        reason="A patched test proves the patch, and a sleeping one fails on a slow day. Write a simulator instead.",
        example_at="tests/store/test_log.py",
        wrong="from unittest.mock import patch",
        right="from tests.simulators.disk import FullDisk",
        check=patching,
    ),
)
