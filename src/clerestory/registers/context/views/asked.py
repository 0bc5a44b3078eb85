"""What the pages of the context share: words for templates, where a version stands, and the form page."""

from django.http import HttpResponse
from django.shortcuts import render

from clerestory.desk.forms import Editing
from clerestory.desk.record import Record
from clerestory.desk.request import MemberRequest

AREA = "context"


def shown(kind: str, record_id: str, title: str, url: str) -> Record:
    """Return a record of the context as the tabs of its page know it."""
    return Record(kind, record_id, title, url, None, f"{kind}/{record_id}")


def form_page(request: MemberRequest, editing: Editing, heading: str, label: str, **more: object) -> HttpResponse:
    """Show a form with what it needs."""
    words = {"form": editing.form, "editing": editing, "heading": heading, "label": label, **more}
    return render(request, "context/form.html", words, status=editing.status)


def seen(request: MemberRequest) -> int:
    """Return the version of the record that a button on its page carries."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
