"""A list as a file to download."""

from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from clerestory.desk.lists import Column, csv_file, xlsx_file
from clerestory.desk.lists.table import CSV_TYPE, XLSX_TYPE
from clerestory.web.errors import NotFound


def file_response(form: str, columns: Sequence[Column], rows: Iterable[object], name: str) -> HttpResponse:
    """Return rows as a CSV or XLSX file.

    Raises:
        NotFound: there is no such form.
    """
    if form == "csv":
        body, kind = csv_file(columns, rows), CSV_TYPE
    elif form == "xlsx":
        body, kind = xlsx_file(columns, rows, title=name), XLSX_TYPE
    else:
        raise NotFound(f"Lists are not exported as {form!r}.", "Choose csv or xlsx.")
    return HttpResponse(
        body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    )
