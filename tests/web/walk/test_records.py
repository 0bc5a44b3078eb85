"""Every page of a record: history with what changed, comments, files and links; and two who change it at once."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import resolve

from clerestory.desk.record.record import Parts
from tests.web.conftest import Place
from tests.web.test_permissions import written
from tests.web.walk.reading import Form
from tests.web.walk.test_steps import STEPS
from tests.web.walk.walking import TABS, WORD, addresses, again, forms

pytestmark = pytest.mark.django_db(transaction=True)
ERROR = "field-error"
"""How an error beside a field is marked."""
NOTICE = 'id="overlaps-title"'
"""What stands above a form whose record somebody else changed."""
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 13


def records(client: Client, place: Place) -> dict[str, tuple[str, Parts]]:
    """Return one page of a record of each kind, with what every record has."""
    found: dict[str, tuple[str, Parts]] = {}
    for address in addresses(place):
        answer = client.get(address)
        parts = answer.context.get("parts") if answer.status_code == 200 and answer.context else None
        if isinstance(parts, Parts):
            found.setdefault(parts.record.kind, (address, parts))
    return found


def test_every_record_has_its_history_comments_files_and_links(furnished: Place) -> None:
    client = furnished.client("admin")
    found = records(client, furnished)
    assert len(found) >= 10, sorted(found)
    wrong = []
    for kind, (address, parts) in found.items():
        if not {*TABS} <= {tab.name for tab in parts.tabs}:
            wrong.append(f"{kind}: lacks a tab")
        shut = [tab.name for tab in parts.tabs if client.get(tab.url).status_code != 200]
        wrong += [f"{kind}: {name} does not open" for name in shut]
        shown = client.get(f"{parts.record.url}?tab=history").context["parts"]
        if not shown.events and kind != "control":
            wrong.append(f"{kind}: has no history")
        if any(event.changes == () and event.is_first and not event.entry.kind for event in shown.events):
            wrong.append(f"{kind}: a version says nothing")
        base = f"/records/{kind}/{parts.record.id}"
        said = client.post(f"{base}/comment/", {"text": f"<b>{WORD}</b>"})
        page = client.get(f"{parts.record.url}?tab=comments").content.decode()
        if said.status_code != 302 or f"&lt;b&gt;{WORD}" not in page:
            wrong.append(f"{kind}: no comment can be made ({said.status_code}) at {address}")
        stays = [f for f in ("pdf", "docx", "xlsx") if client.get(f"{base}/paper/", {"export": f}).status_code != 200]
        wrong += [f"{kind}: does not leave as {form}" for form in stays]
    assert wrong == [], "\n".join(wrong)


def test_no_record_keeps_a_file_of_the_wrong_type_an_empty_one_or_one_over_the_limit(
    furnished: Place, settings
) -> None:
    settings.LARGEST_ATTACHMENT = 2_000
    client = furnished.client("admin")
    refused = {
        "tool.exe": b"MZ and so on", "page.html": b"<html></html>", "picture.png": b"no picture", "empty.pdf": b"",
        "large.txt": b"x" * 2_001,
    }  # fmt: skip
    for kind, (_address, parts) in records(client, furnished).items():
        address = f"/records/{kind}/{parts.record.id}/file/"
        before = written(furnished)
        for name, body in refused.items():
            answer = client.post(address, {"file": SimpleUploadedFile(name, body)})
            assert answer.status_code in (413, 422), (kind, name, answer.status_code)
            assert answer.content.decode().count(ERROR) == 1, (kind, name)
        assert client.post(address, {}).status_code == 422
        assert written(furnished) == before, kind
        assert client.post(address, {"file": SimpleUploadedFile("picture.png", PNG)}).status_code == 302, kind
        assert written(furnished) == before + 1, kind


TAKEN_IN_TURN = {resolve(step.page).url_name for step in STEPS.values()}
"""Steps whose turn has to come first: `test_steps` brings a record there and lets two take them."""
BESIDE_EACH_OTHER = {"risk-threat-review"}
"""What is sent is a signed record of its own with its number, and takes nothing from another one."""


def test_the_second_of_two_writers_sees_the_conflict_and_loses_nothing(furnished: Place) -> None:
    first, second = furnished.client("admin"), furnished.client("editor")
    edits = [form for form in forms(first, addresses(furnished)) if _is_edit(form)]
    assert len(edits) >= 8, [form.action for form in edits]
    told = {form.page: raced(first, second, form) for form in edits}
    wrong = [f"{page}: {why}" for page, why in told.items() if why]
    assert wrong == [], "\n".join(wrong)


def _is_edit(form: Form) -> bool:
    """Whether it changes a record that is there: it carries the version that was seen, and what stood in it."""
    return form.fields.get("version") is not None and "_seen" in form.fields and form.fields["version"].chosen != ["0"]


def raced(first: Client, second: Client, form: Form) -> str:
    """Let two open one form and send it one after the other; return what went wrong."""
    mine, theirs = again(first, form), again(second, form)
    if mine is None or theirs is None:
        return ""
    for name in sorted(mine.texts, key=lambda name: (mine.fields[name].type != "textarea", name)):
        was = (mine.fields[name].chosen or [""])[0]
        if first.post(mine.action, mine.values(WORD) | {name: [f"{was} first words"]}).status_code != 302:
            continue
        answer = second.post(theirs.action, theirs.values(WORD) | {name: [f"{was} second words"]})
        if answer.status_code != 422:
            return f"{name}: the second was not told ({answer.status_code})"
        page = answer.content.decode()
        if "second words" not in page:
            return f"{name}: what the second wrote is lost"
        told = any(sign in page for sign in (NOTICE, 'role="alert"', ERROR))
        return "" if told else f"{name}: the second does not see that the first changed it"
    return "" if resolve(form.page).url_name in TAKEN_IN_TURN | BESIDE_EACH_OTHER else "no text could be changed"
