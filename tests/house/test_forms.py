"""Every form that is posted carries what proves that it is ours, and what tells it from another sending of it."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template import engines

from clerestory.desk.sent import ONCE

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "src" / "clerestory").rglob("templates/**/*.html"))
FORM = re.compile(r"<form\b[^>]*>", re.IGNORECASE)
BESIDE = {
    "web/templates/allauth/elements/form.html": "the pages of allauth put it into the slot",
}


class Fields(HTMLParser):
    """Collects the values of hidden fields by name."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "input":
            self.found[said.get("name") or ""] = said.get("value") or ""


def fields(text: str) -> dict[str, str]:
    reader = Fields()
    reader.feed(engines["django"].from_string(text).render({"csrf_token": "proof"}))
    return reader.found


def lacking(template: str) -> list[str]:
    """Return the heads of forms that are posted and do not carry the tag."""
    found = []
    for head in FORM.finditer(template):
        body = template[head.end() :].partition("</form>")[0]
        if re.search(r"method=\"(?!get|dialog)", head[0]) and "{% csrf_token %}" not in body:
            found.append(head[0])
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_is_posted_carries_the_tag(path: Path) -> None:
    place = path.relative_to(ROOT / "src" / "clerestory").as_posix()
    assert (lacking(path.read_text()) == []) is (place not in BESIDE)


def test_the_search_for_forms_sees_one_that_carries_nothing() -> None:
    assert lacking('<form method="post">{% csrf_token %}</form><form action="x" method="post"></form>') == [
        '<form action="x" method="post">'
    ]


def test_the_tag_carries_both_and_no_two_forms_are_alike() -> None:
    first, second = fields("{% csrf_token %}"), fields("{% csrf_token %}")
    assert first["csrfmiddlewaretoken"] == second["csrfmiddlewaretoken"] == "proof"
    assert len(first[ONCE]) >= 22
    assert first[ONCE] != second[ONCE]
