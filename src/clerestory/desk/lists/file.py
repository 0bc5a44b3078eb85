"""A list as a file to download: a table for machines, or a paper for people."""

from collections.abc import Sequence

from django.http import HttpResponse
from django.utils.functional import Promise

from clerestory.desk.lists.query import Column
from clerestory.desk.lists.table import CSV_TYPE, XLSX_TYPE, csv_file, xlsx_file
from clerestory.desk.request import MemberRequest
from clerestory.terms.error import ClerestoryError

FORMS = ("csv", "xlsx")


class ExportUnknown(ClerestoryError):
    """Lists are not exported in that form."""


def file_response(
    request: MemberRequest,
    form: str,
    columns: Sequence[Column],
    rows: Sequence[object],
    name: str,
    title: str | Promise,
) -> HttpResponse:
    """Return rows as a file to download.

    Raises:
        ExportUnknown: there is no such form.
    """
    if form == "csv":
        body, kind = csv_file(columns, rows), CSV_TYPE
    elif form == "xlsx":
        body, kind = xlsx_file(columns, rows, title=str(title)), XLSX_TYPE
    else:
        raise ExportUnknown(f"Lists are not exported as {form!r}.", f"Choose one of: {', '.join(FORMS)}.")
    return HttpResponse(
        body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    )
