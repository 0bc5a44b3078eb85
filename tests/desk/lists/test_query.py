"""A list finds, sorts and pages in two queries, and what it exports runs nowhere."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from clerestory.desk.lists import Column, ListQuery, csv_file, paginate, xlsx_file
from clerestory.desk.lists.query import Page, everything
from clerestory.store.directory import publish
from clerestory.store.models import DirectoryRecord

COLUMNS = (
    Column(name="label", label="Name", searched=True),
    Column(name="id", label="Id", field="record_id"),
    Column(name="kind", label="Kind", filtered=True),
    Column(name="owner", label="Owner", sortable=False),
)


@dataclass(frozen=True)
class Line:
    label: str
    id: str
    kind: str
    owner: str


def read(row: DirectoryRecord) -> Line:
    return Line(row.label, row.record_id, row.kind, row.owner)


@pytest.fixture
def rows(organisation):
    DirectoryRecord.objects.bulk_create(
        DirectoryRecord(
            organisation_id=organisation,
            kind="risk" if n % 2 else "process",
            record_id=f"r{n:03}",
            label=f"Record {n % 7} of fun_{n}%",
            owner="",
        )
        for n in range(60)
    )
    return DirectoryRecord.objects.filter(organisation_id=organisation).exclude(kind="organisation")


def test_a_page_costs_two_queries_and_knows_its_place(rows, django_assert_num_queries):
    with django_assert_num_queries(2):
        page = paginate(rows, ListQuery(page=2, size=25), COLUMNS, read)
    assert (page.total, page.pages, page.first, page.last) == (60, 3, 26, 50)
    assert (page.has_previous, page.previous_page, page.has_next, page.next_page) == (True, 1, True, 3)


@pytest.mark.parametrize("number,first", [(3, 51), (99, 51)])
def test_a_page_past_the_end_is_the_last_one(rows, number, first):
    assert paginate(rows, ListQuery(page=number), COLUMNS, read).first == first


def test_a_search_past_the_end_is_its_last_page_and_knows_all_that_it_found(rows, django_assert_num_queries):
    asked = ListQuery(search="record", page=99, size=25, sort="-id")
    page = paginate(rows, asked, COLUMNS, read)
    assert (page.total, page.page, [row.id for row in page.rows[:2]]) == (60, 3, ["r009", "r008"])
    with django_assert_num_queries(2):
        assert paginate(rows, replace(asked, page=2), COLUMNS, read).total == 60


@pytest.mark.parametrize(
    "said,found",
    [("Prüfung", 1), ("PRUFUNG", 1), ("prüf", 1), ("ss", 1), ("a-7 system", 1), ("7-B", 0), ("%", 0), ("_", 0)],
)
def test_words_that_are_kept_are_found_whatever_their_case_and_accents(organisation, said, found):
    publish(organisation, "process", "a-7", "Große Prüfung_System")
    rows = DirectoryRecord.objects.filter(organisation_id=organisation, kind="process")
    kept = (Column(name="label", label="Name", searched=True, sought="sought"),)
    assert paginate(rows, ListQuery(search=said), kept, read).total == found


def test_nothing_found_is_one_empty_page(rows):
    page = paginate(rows, ListQuery(search="nowhere"), COLUMNS, read)
    assert (page.rows, page.total, page.pages, page.first, page.last, page.has_next) == ((), 0, 1, 0, 0, False)


def test_search_takes_every_word_and_no_pattern(rows):
    assert paginate(rows, ListQuery(search="record FUN_7%"), COLUMNS, read).total == 1
    assert paginate(rows, ListQuery(search="fun_7_"), COLUMNS, read).total == 0
    assert paginate(rows, ListQuery(search="'; drop table"), COLUMNS, read).total == 0


def test_filters_and_sorting_follow_the_columns_and_nothing_else(rows):
    risks = paginate(rows, ListQuery(filters={"kind": "risk", "owner": "x"}, sort="-id", size=100), COLUMNS, read)
    assert [line.id for line in risks.rows] == [f"r{n:03}" for n in range(59, 0, -2)]
    for nonsense in ("owner", "organisation__id", "-secret", "record_id"):
        assert paginate(rows, ListQuery(sort=nonsense), COLUMNS, read).total == 60


def test_equal_rows_keep_one_order_over_pages(rows):
    seen = [
        line.id for page in (1, 2, 3) for line in paginate(rows, ListQuery(sort="kind", page=page), COLUMNS, read).rows
    ]
    assert len(set(seen)) == 60


def test_an_address_is_read_without_trust():
    query = ListQuery.read(
        {"q": " a  ", "page": "-3", "size": "9999", "sort": "-id", "kind": "risk", "owner": "x", "label": "y"}, COLUMNS
    )
    assert query == ListQuery(search="a", filters={"kind": "risk"}, sort="-id", page=1, size=25)
    assert ListQuery.read({"page": "²", "size": ""}).page == 1
    assert everything(query).page == 1


DANGEROUS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=cmd|"/c calc"!A1')


def test_text_that_a_spreadsheet_would_run_is_made_harmless():
    lines = [Line(text, "1", "k", "") for text in DANGEROUS]
    body = csv_file(COLUMNS, lines)
    assert body.startswith(b"\xef\xbb\xbf")
    cells = [row[0] for row in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))][1:]
    assert [cell.replace("\r'", "\r") for cell in cells] == [f"'{text}" for text in DANGEROUS]
    sheet = zipfile.ZipFile(io.BytesIO(xlsx_file(COLUMNS, lines, title="A/B: [x]"))).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet


SEMICOLON = ("a;=1+1", "a;;@SUM(A1)", "a\n=1+1", "a;\r\n+1", "\uff1d1+1", "a; b;-cmd|x")


def test_nothing_runs_in_a_spreadsheet_that_separates_by_semicolons():
    body = csv_file(COLUMNS, [Line(text, "1", "k", "") for text in SEMICOLON]).decode("utf-8-sig")
    cells = [cell for line in body.splitlines() for cell in re.split("[;,]", line)]
    assert cells
    assert not [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@", "\uff1d"))]
    plain = csv_file(COLUMNS, [Line("first\n- second; third - fourth", "1", "k", "")]).decode("utf-8-sig")
    assert "first\n- second; third - fourth" in plain, "a list of points stays as it was written"


def test_what_no_cell_of_a_workbook_holds_is_cut_and_says_so_and_no_number_stops_it():
    columns = (Column(name="a", label="A", value=lambda r: r[0]), Column(name="b", label="B", value=lambda r: r[1]))
    book = zipfile.ZipFile(io.BytesIO(xlsx_file(columns, [("x" * 40_000, float("nan")), ("y", float("inf"))])))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "x" * 32_000 + " […]" in sheet
    assert "#NUM!" in sheet and "#DIV/0!" in sheet


def test_numbers_moments_and_lists_stay_what_they_are():
    at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    columns = (
        Column(name="a", label="A", value=lambda r: r[0]),
        Column(name="b", label="B", value=lambda r: r[1]),
        Column(name="c", label="C", value=lambda r: r[2]),
        Column(name="d", label="D", value=lambda r: r[3]),
    )
    body = csv_file(columns, [(-5, at, ("x", "y"), None)]).decode("utf-8-sig")
    assert body.splitlines()[1] == "-5,2026-11-21T09:30:00Z,x; y,"
    sheet = zipfile.ZipFile(io.BytesIO(xlsx_file(columns, [(-5, at, ("x",), True)]))).read("xl/worksheets/sheet1.xml")
    assert b"<v>-5</v>" in sheet


def test_a_page_is_a_plain_value():
    assert Page(rows=(1, 2), total=2, page=1, size=25) == Page(rows=(1, 2), total=2, page=1, size=25)
