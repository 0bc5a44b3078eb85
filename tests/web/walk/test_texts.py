"""What people type does nothing: in every field of every form that any page shows, on every page and in every file."""

import csv
import io
import zipfile
from collections.abc import Iterable

import pytest
from django.db import connection
from django.test import Client

from tests.desk.document.reading import docx_text, pdf_text, xlsx_sheets
from tests.web.conftest import Place
from tests.web.test_permissions import written
from tests.web.walk.reading import Form, inside, read
from tests.web.walk.walking import TABS, WORD, addresses, again, forms

pytestmark = pytest.mark.django_db(transaction=True)
MARK = "alert(7)"
HOSTILE = f"=1+1 <script>{MARK}</script><img src=x onerror={MARK}> \"'{{{{7*7}}}} \u0645\u0631\u062d\u0628\u0627"
ODD = "a\x07b\u202ec and more words"
LONG = "long " * 2000
ERRORS = ("field-error", 'role="alert"', "<h1>This cannot be done", '<p class="quiet">')
"""Signs of an error beside a field, above a form, or on a page of its own."""
STORED = ("\u202e", "\x07", "\\u202e", "\\u0007", "\\x07")
"""What is odd in ODD as a column holds it: as it is, or escaped where the database keeps JSON as text."""
STARTS = ("=", "+", "-", "@", "\t", "\r")


def sent(client: Client, form: Form, **texts: str) -> tuple[int, str]:
    """Send a form as a browser does, with some texts in it; return the status and the page."""
    said: dict[str, list[str]] = form.values(WORD) | {name: [text] for name, text in texts.items()}
    answer = client.post(form.action, said)
    assert answer.status_code < 500, (form.action, texts.keys())
    return answer.status_code, answer.content.decode(errors="replace")


def filled(client: Client, form: Form, text: str) -> list[str]:
    """Type a text into every field of a form, or else into each alone; return the fields that took it."""
    if sent(client, form, **dict.fromkeys(form.texts, text))[0] in (302, 303):
        return form.texts
    taken, newest = [], again(client, form)
    for name in form.texts:
        if newest is not None and sent(client, newest, **{name: text})[0] in (302, 303):
            taken.append(name)
            newest = again(client, form)
    return taken


def test_no_text_does_anything_on_any_page_or_in_any_file(furnished: Place) -> None:
    client = furnished.client("admin")
    places = [*addresses(furnished), *(f"/applicability/A.7.4/?tab={tab}" for tab in TABS)]
    every = forms(client, places)
    taken = [(form.action, name) for form in every for name in filled(client, form, HOSTILE)]
    assert len(every) >= 40, [form.action for form in every]
    assert len(taken) >= 60, taken
    seen = crawled(client, places)
    wrong = [f"{address}: {why}" for address, html in seen.items() for why in faults(address, html)]
    assert wrong == [], "\n".join(wrong)
    assert sum(MARK in html for html in seen.values()) >= 15  # it stands there, as text
    files = {link for address, html in seen.items() for link in _exports(address, html)}
    assert len(files) >= 60
    bad = [f"{link}: {why}" for link in sorted(files) for why in file_faults(client, link)]
    assert bad == [], "\n".join(bad)


def faults(address: str, html: str) -> Iterable[str]:
    """Yield what a text does on a page."""
    reader = read(address, html)
    if any(MARK in script for script in reader.scripts):
        yield "a script runs"
    yield from (f"a handler: {handler}" for handler in reader.handlers)


def crawled(client: Client, places: list[str]) -> dict[str, str]:
    """Return every page that one reaches from the pages of the registers, with its text."""
    seen: dict[str, str] = {}
    waiting = [*places]
    while waiting and len(seen) < 260:
        address = waiting.pop(0)
        if address in seen or "export=" in address or "sort=" in address or "columns=" in address:
            continue
        answer = client.get(address)
        assert answer.status_code < 500, address
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            seen[address] = ""
            continue
        seen[address] = answer.content.decode()
        if address.count("?") == 0 or "tab=" in address:
            waiting += [
                link for link in inside(read(address, seen[address]).links) if "?" not in link or "tab=" in link
            ]
    return seen


def _exports(address: str, html: str) -> Iterable[str]:
    if "?" in address and "tab=" not in address:
        return
    for link in read(address, html).links:
        if "export=" in link and not link.startswith("http"):
            yield link if link.startswith("/") else address.partition("?")[0] + link


def file_faults(client: Client, link: str) -> Iterable[str]:
    """Yield what a text does in a file, read by programs of others."""
    answer = client.get(link)
    if answer.status_code != 200:
        yield f"status {answer.status_code}"
        return
    body, form = answer.content, link.rpartition("export=")[2].partition("&")[0]
    if form == "csv":
        for separator in (",", ";"):
            rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=separator)
            bad = [cell for row in rows for cell in row if cell.startswith(STARTS) and not _is_number(cell)]
            yield from (f"a cell that runs: {cell[:40]!r}" for cell in bad[:1])
    elif form == "xlsx":
        xlsx_sheets(body)  # raises where there is a formula
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if any("externalLink" in name or "vba" in name.lower() for name in archive.namelist()):
                yield "leads outside"
    elif form == "docx":
        docx_text(body)
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if b"<script" in archive.read("word/document.xml"):
                yield "holds markup"
    elif form == "pdf":
        pdf_text(body)
        if b"/JavaScript" in body or b"/Launch" in body:
            yield "runs something"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_control_characters_and_endless_texts_are_refused_or_kept_whole_and_nothing_is_lost(furnished: Place) -> None:
    client = furnished.client("admin")
    wrong = []
    for form in forms(client, addresses(furnished)):
        newest = again(client, form)
        for name in form.texts:
            for text in (ODD, LONG):
                if newest is None:
                    continue
                before = written(furnished)
                status, html = sent(client, newest, **{name: text})
                if status in (302, 303):
                    newest = again(client, form)
                    continue
                if written(furnished) != before:
                    wrong.append(f"{form.action} {name}: something was written though it was refused")
                if status == 422 and not any(sign in html for sign in ERRORS):
                    wrong.append(f"{form.action} {name}: refused without an error")
    assert wrong == [], "\n".join(wrong)
    odd = stored_odd()
    assert odd == [], ", ".join(odd)


def stored_odd() -> list[str]:
    """Return the columns of all tables that hold a control character or one that turns a text around."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("django_", "auth_", "account_", "mfa_", "sqlite_")):
                continue
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                found |= {
                    f"{table}.{name}"
                    for name, value in zip(columns, row, strict=True)
                    if isinstance(value, str | list | dict) and any(odd in str(value) for odd in STORED)
                }
    return sorted(found)
