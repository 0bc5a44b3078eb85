"""Every page that shows something asks the database a few times, and no more often where there is more to show."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from tests.web.conftest import Place
from tests.web.walk.plenty import Plenty
from tests.web.walk.reading import Form, inside, read
from tests.web.walk.walking import ELSEWHERE, addresses

pytestmark = pytest.mark.django_db(transaction=True)
MOST = 10
"""Sign-in, frame and everything: so often a list or a record asks, however much there is."""
DUTIES = sum(hasattr(import_module(f"clerestory.registers.{name}.queries"), "duties") for name in settings.REGISTERS)
MORE = {
    "home": MOST + 2 * DUTIES,  # gathers from every register what the member has to do: two queries each
    "monitoring-monitor": MOST + 1,  # while a run is under way it also asks whether a worker is alive
}
"""Pages that ask more often, how often at most, and why."""
ADDED = 3
"""So many more of each kind are there the second time."""
FIRST = 2
"""A page may ask once more for what is there for the first time, a history for both the version before those that it
shows and their texts; what is asked for each row would show as ADDED."""
OF_EACH = 2
"""So many records of one kind are opened, each on all of its tabs."""


@dataclass
class Walked:
    """What a member found who went from page to page: what each asked, by its address, and the forms."""

    asked: dict[str, list[str]] = field(default_factory=dict)
    forms: dict[tuple[str, tuple[str, ...]], Form] = field(default_factory=dict)

    @property
    def pages(self) -> set[str]:
        """The pages that opened, whatever record they showed."""
        return {page_of(address) for address in self.asked}


def page_of(address: str) -> str:
    """Return which page an address leads to: its name, and the tab."""
    path, _mark, asked = address.partition("?")
    return f"{resolve(path).url_name} {asked}".strip()


def is_page(address: str) -> bool:
    """Whether an address leads to a page and not to the same one in another order."""
    path, mark, asked = address.partition("?")
    return not path.startswith(ELSEWHERE) and (not mark or (asked.startswith("tab=") and "&" not in asked))


def walk(client: Client, start: list[str], again: list[str]) -> Walked:
    """Open every page that one reaches, at most so many of one kind, and all of those that were opened before."""
    walked = Walked()
    opened: dict[str, int] = {}
    waiting, before = [*again, *start], set(again)
    while waiting:
        address = waiting.pop(0)
        if address in walked.asked or not is_page(address):
            continue
        page = page_of(address)
        if opened.get(page, 0) >= OF_EACH and address not in before:
            continue
        with CaptureQueriesContext(connection) as found:
            answer = client.get(address)
        assert answer.status_code < 500, address
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            answer.close()
            continue
        opened[page] = opened.get(page, 0) + 1
        walked.asked[address] = [query["sql"] for query in found.captured_queries]
        reader = read(address, answer.content.decode())
        for form in reader.forms:
            if not form.action.startswith(ELSEWHERE) and "do" not in form.fields:
                walked.forms.setdefault(form.key, form)
        waiting += inside(reader.links)
    return walked


def over(walked: Walked) -> Iterator[str]:
    """Yield the pages that ask too often."""
    for address, asked in walked.asked.items():
        most = MORE.get(page_of(address), MOST)
        if len(asked) > most:
            yield f"{address}: {len(asked)}, at most {most}"


def grown(few: Walked, many: Walked) -> Iterator[str]:
    """Yield the pages that ask more often than when there was less."""
    before, after = most_by_page(few), most_by_page(many)
    for page, asked in before.items():
        if after.get(page, 0) > asked + FIRST:
            yield f"{page}: {after[page]} instead of {asked}"


def most_by_page(walked: Walked) -> dict[str, int]:
    """Return how often each page asked, for the record that it asked most often for."""
    found: dict[str, int] = {}
    for address, asked in walked.asked.items():
        found[page_of(address)] = max(found.get(page_of(address), 0), len(asked))
    return found


def walked_twice(place: Place, projects: Path) -> tuple[Walked, Walked]:
    """Return what was asked where there is a little of everything, and where there is more than twice as much."""
    start, client = addresses(place), place.client("admin")
    plenty = Plenty(place, projects)
    forms = walk(client, start, []).forms
    for _round in range(2):
        plenty.more(client, list(forms.values()))
    few = walk(client, start, [])
    for _round in range(ADDED):
        plenty.more(client, list(few.forms.values()))
    return few, walk(client, start, list(few.asked))


def test_every_page_asks_a_few_times_however_much_there_is(furnished: Place, tmp_path: Path) -> None:
    with override_settings(PROJECTS=(tmp_path,)):
        few, many = walked_twice(furnished, tmp_path)
    wrong = [*over(few), *over(many), *grown(few, many)]
    assert wrong == [], "\n".join(wrong)
    assert len(many.pages) >= 250, sorted(many.pages)
