"""Days of a decision log: which lie in a window, what was expected of them, and parameters that its checks share."""

import re
from collections.abc import Generator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.running.window import FROM, TO, ends
from clerestory.assurance.trial import Move, Read
from clerestory.assurance.trial.files import FileUnusable, rows_of
from clerestory.terms.moment import moment_text

MANIFESTS = Parameter(
    name="manifests",
    kind="text",
    default="decisions/**/manifest.json",
    names_slice=True,
    meaning="Pattern of the manifests of the decision log, one a day, each beside its files.",
)
EXPECTED = Parameter(
    name="expected",
    kind="text",
    default="expected.csv",
    names_slice=True,
    meaning="What was counted elsewhere, such as at the gateway: CSV with day and expected; it may be missing.",
)
_DAY = timedelta(days=1)
_COUNT = re.compile("[0-9]{1,12}")


def expected_by_day(parameters: Parameters) -> Generator[Move, Any, Mapping[date, int] | None]:
    """Read how many decisions each day must have; None where nobody counted.

    Raises:
        FileUnusable: a line holds no day or no count, or a day stands there twice.
    """
    path = parameters.text("expected")
    body: bytes | None = yield Read(path)
    if body is None:
        return None
    found: dict[date, int] = {}
    for row in rows_of(path, body, ("day", "expected")):
        day = read_day(row["day"])
        if day is None or not _COUNT.fullmatch(row["expected"].strip()) or day in found:
            raise FileUnusable(
                f"{path} holds {row['day']!r}, {row['expected']!r}, which is no new day with a count.",
                "Write each day once, such as 2026-11-21,1830.",
            )
        found[day] = int(row["expected"])
    return found


def read_day(text: str) -> date | None:
    """Return a day as text; None where it is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def in_window(day: date, parameters: Parameters) -> bool:
    """Return whether a day touches the window."""
    start, end = ends(parameters)
    first = datetime.combine(day, time.min, tzinfo=UTC)
    return first.timestamp() <= end and (first + _DAY).timestamp() > start


def is_over(day: date, parameters: Parameters) -> bool:
    """Return whether the whole of a day lies in the window."""
    start, end = ends(parameters)
    first = datetime.combine(day, time.min, tzinfo=UTC)
    return first.timestamp() >= start and (first + _DAY).timestamp() <= end


def span_of_days(days: list[date], parameters: Parameters) -> Mapping[str, str]:
    """Return the notes that say from which day to which something was seen, as far as the window goes."""
    if not days:
        return {}
    start, end = ends(parameters)
    first = datetime.combine(min(days), time.min, tzinfo=UTC).timestamp()
    last = (datetime.combine(max(days), time.min, tzinfo=UTC) + _DAY).timestamp()
    moments = {FROM: max(first, start), TO: min(last, end)}
    return {name: moment_text(datetime.fromtimestamp(at, UTC)) for name, at in moments.items()}
