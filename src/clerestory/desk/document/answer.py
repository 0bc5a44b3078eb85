"""A paper as the answer to a request: the form asked for, as a file to download."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

from clerestory.desk.document.paper import Cell, Head, Paper, Table
from clerestory.store import clock
from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMS = tuple(TYPES)


class FormUnknown(ClerestoryError):
    """Documents are not made in that form."""


def paper_response(request: HttpRequest, paper: Paper, form: str, name: str) -> HttpResponse:  # noqa: ARG001
    """Return a paper as a file to download in one of the forms ``pdf``, ``docx`` and ``xlsx``.

    Raises:
        FormUnknown: there is no such form.
        PaperTooLong: it has more rows than a PDF or DOCX can have.
    """
    body = paper_file(paper, form)
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in name)
    full = quote(f"{name}.{form}", safe="")
    headers = {
        "Content-Disposition": f"attachment; filename=\"{safe}.{form}\"; filename*=UTF-8''{full}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(body, content_type=TYPES[form], headers=headers)


def paper_file(paper: Paper, form: str) -> bytes:
    """Return a paper as bytes of that form.

    Raises:
        FormUnknown: there is no such form.
        PaperTooLong: it has more rows than a PDF or DOCX can have.
    """
    if form == "pdf":
        from clerestory.desk.document.pdf import pdf_file as write
    elif form == "docx":
        from clerestory.desk.document.docx import docx_file as write
    elif form == "xlsx":
        from clerestory.desk.document.xlsx import xlsx_file as write
    else:
        raise FormUnknown(_("Documents are not made as {form!r}.", form=form[:20]), _("Choose pdf, docx or xlsx."))
    return write(paper)


def list_paper(
    request: HttpRequest,
    *,
    title: str,
    columns: Sequence[Head | str],
    rows: Iterable[Sequence[Cell]],
    subtitle: str = "",
    at: datetime | None = None,
) -> Paper:
    """Return a list as a paper; ``subtitle`` says how it was narrowed, ``at`` its moment where that is not now."""
    table = Table("", tuple(columns), tuple(tuple(row) for row in rows))
    return Paper(title, organisation_name(request), at or clock.now(), (table,), subtitle=subtitle)


def organisation_name(request: HttpRequest) -> str:
    """Return the name of the organisation that a member's request is about."""
    presence = getattr(request, "presence", None)
    return str(getattr(presence, "organisation", ""))
