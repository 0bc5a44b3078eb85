"""Every list of every register: searched, filtered, sorted, turned over and taken away in four forms."""

from collections.abc import Iterator

import pytest
from django.test import Client

from clerestory.desk.lists.shown import Shown
from tests.web.conftest import Place
from tests.web.walk.walking import addresses

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "zqxjkv nowhere"
FORMS = {"csv", "xlsx", "pdf", "docx"}
UNFILTERED = {"policy-coverage"}
"""Narrowed by the policies in force, of which there are none here."""
UNSORTED = {"requirements", "evidence"}
"""The board has the order of the framework and the log its own; both may only shrink."""


def lists(client: Client, place: Place) -> dict[str, tuple[str, Shown]]:
    """Return every list by name, with its address: whatever page shows one is found."""
    found: dict[str, tuple[str, Shown]] = {}
    for address in addresses(place):
        answer = client.get(address)
        shown = answer.context.get("list") if answer.status_code == 200 and answer.context else None
        if isinstance(shown, Shown):
            found.setdefault(shown.name, (address, shown))
    return found


def shown_at(client: Client, address: str, **said: str) -> Shown:
    """Return the list as it is shown for what is asked."""
    answer = client.get(address, said)
    assert answer.status_code == 200, (address, said, answer.status_code)
    shown = answer.context["list"]
    assert isinstance(shown, Shown)
    return shown


def test_every_list_of_every_register_does_what_a_list_does(furnished: Place) -> None:
    client = furnished.client("editor")
    found = lists(client, furnished)
    assert len(found) >= 15, sorted(found)
    wrong = [f"{name}: {why}" for name, (address, shown) in found.items() for why in faults(client, address, shown)]
    assert wrong == [], "\n".join(wrong)


def faults(client: Client, address: str, shown: Shown) -> list[str]:
    """Return what a list does not do."""
    return [
        *searched(client, address, shown),
        *filtered(client, address, shown),
        *ordered(client, address, shown),
        *taken_away(client, address, shown),
    ]


def searched(client: Client, address: str, shown: Shown) -> Iterator[str]:
    """Yield what is wrong with the search of a list."""
    if not shown.can_search:
        yield "cannot be searched"
        return
    if shown_at(client, address, q=NOWHERE).rows:
        yield "finds what is not there"
    if shown.rows and shown.rows[0].cells and (first := shown.rows[0].cells[0].text):
        word = max(first.split(), key=len)
        if not shown_at(client, address, q=word).rows:
            yield f"does not find {word!r}"


def filtered(client: Client, address: str, shown: Shown) -> Iterator[str]:
    """Yield what is wrong with the filters of a list."""
    if not (shown.filters or shown.more_filters or shown.name in UNFILTERED):
        yield "has no filter"
    for choice in (*shown.filters, *shown.more_filters):
        totals = [shown_at(client, address, **{choice.name: value}).page.total for value, _label in choice.options]
        said = [cell.value for row in shown.rows for cell in row.cells if cell.column.name == choice.name]
        if choice.options and any(said) and not sum(totals):
            yield f"no choice of {choice.name} finds anything"
        if max(totals, default=0) > shown.page.total and not choice.is_always:
            yield f"{choice.name} finds more than there is"


def ordered(client: Client, address: str, shown: Shown) -> Iterator[str]:
    """Yield what is wrong with the order and the pages of a list."""
    sortable = [top for top in shown.tops if top.url]
    if not sortable and shown.name not in UNSORTED:
        yield "cannot be sorted"
    for top in sortable:
        up = shown_at(client, address, sort=top.column.name)
        down = shown_at(client, address, sort=f"-{top.column.name}")
        if {row.cells[0].text for row in up.rows} != {row.cells[0].text for row in down.rows} and up.page.total <= 25:
            yield f"sorted by {top.column.name} it has other rows"
    if len(shown.sizes) < 2 or shown_at(client, address, size="25", page="9999").page.page > max(shown.page.total, 1):
        yield "cannot be turned over"


def taken_away(client: Client, address: str, shown: Shown) -> Iterator[str]:
    """Yield what is wrong with the files of a list."""
    if {form for form, _url in shown.forms} != FORMS:
        yield "does not offer the four forms"
    for form, url in shown.forms:
        answer = client.get(address.partition("?")[0] + url)
        if answer.status_code != 200 or f".{form}" not in answer.headers.get("Content-Disposition", ""):
            yield f"does not leave as {form}: {answer.status_code}"
