"""One paper says the same as PDF, DOCX and XLSX: organisation, moment, page of pages, tables with heads, entries."""

import io
import zipfile
from dataclasses import replace

import pytest
from django.utils import translation
from docx import Document

from clerestory.desk.document import Paper, Table, paper_file
from clerestory.desk.document.answer import FormUnknown
from clerestory.desk.document.paper import PaperTooLong
from tests.desk.document.conftest import HASH
from tests.desk.document.reading import docx_text, pdf_pages, pdf_text, xlsx_sheets


def test_a_pdf_says_whose_and_of_when_it_is_and_counts_its_pages(paper: Paper) -> None:
    pages = pdf_pages(paper_file(paper, "pdf"))
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert "As of 21 Nov 2026, 11:20 UTC" in page
        assert "Northlight Bank AG" in page
        assert "Risk register" in page


def test_the_head_of_a_table_stands_on_each_page_that_it_reaches(paper: Paper) -> None:
    for page in pdf_pages(paper_file(paper, "pdf"))[:3]:
        assert "No." in page and "Status" in page


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx"])
def test_nothing_of_a_paper_is_lost_in_a_form(paper: Paper, form: str) -> None:
    data = paper_file(paper, form)
    if form == "xlsx":
        found = "\n".join(cell for rows in xlsx_sheets(data).values() for row in rows for cell in row)
    else:
        found = pdf_text(data) if form == "pdf" else docx_text(data)
    wanted = (
        "Ada Okafor",
        "yes",
        "What was decided",
        "First line",
        "Second line",
        "R-119",
        "Nonconforming",
        "Acceptance",
    )
    for text in (*wanted, "01JD0000000000000000000001", "no claim of conformity", "Open risks"):
        assert text in found, text
    assert HASH in found.replace(" ", "")


def test_a_word_document_numbers_its_pages_and_repeats_heads(paper: Paper) -> None:
    data = paper_file(paper, "docx")
    document = Document(io.BytesIO(data))
    section = document.sections[0]
    for foot in (section.footer, section.first_page_footer):
        assert {"PAGE", "NUMPAGES"} == {
            f.get(next(iter(f.attrib))) for f in foot._element.iter() if "fldSimple" in f.tag
        }
        assert "As of 21 Nov 2026, 11:20 UTC" in foot.paragraphs[0].text
    assert document.core_properties.title == "Risk register"
    assert document.core_properties.author == "Northlight Bank AG"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("word/document.xml").count(b"<w:tblHeader/>") == 2


def test_a_workbook_keeps_numbers_and_days_as_such_and_has_a_sheet_for_each_table(paper: Paper) -> None:
    sheets = xlsx_sheets(paper_file(paper, "xlsx"))
    assert list(sheets) == ["Details", "Risks", "Nothing", "Evidence"]
    assert sheets["Risks"][0] == ["No.", "Risk", "Status", "Due", "Level"]
    assert sheets["Risks"][3] == ["R-2", "Unequal rates", "Nonconforming", "46357", "2"]
    with zipfile.ZipFile(io.BytesIO(paper_file(paper, "xlsx"))) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
        assert "&amp;P of &amp;N" in sheet and 'state="frozen"' in sheet and "Northlight Bank AG" in sheet


def test_a_wide_table_lies_on_its_side(paper: Paper) -> None:
    from pypdf import PdfReader

    wide = replace(paper, parts=(Table("", [f"Column {n}" for n in range(9)], [["x"] * 9]),))
    for given, flat in ((paper, False), (wide, True)):
        box = PdfReader(io.BytesIO(paper_file(given, "pdf"))).pages[0].mediabox
        assert (box.width > box.height) is flat
        section = Document(io.BytesIO(paper_file(given, "docx"))).sections[0]
        assert (section.page_width > section.page_height) is flat


def test_the_same_paper_gives_the_same_pdf(paper: Paper) -> None:
    assert paper_file(paper, "pdf") == paper_file(paper, "pdf")


def test_a_paper_speaks_its_language_or_that_of_its_reader(paper: Paper) -> None:
    with translation.override("de"):
        ours = replace(paper, language="")
        assert "yes" not in docx_text(paper_file(ours, "docx")).split("\n")
        assert "yes" in docx_text(paper_file(paper, "docx"))
    assert translation.get_language() == "en"


def test_no_paper_for_reading_has_more_rows_than_anybody_reads(paper: Paper) -> None:
    long = replace(paper, parts=(Table("", ("A",), [["x"]] * 5_001),))
    for form in ("pdf", "docx"):
        with pytest.raises(PaperTooLong, match="5002 rows"):
            paper_file(long, form)
    assert len(xlsx_sheets(paper_file(long, "xlsx"))["Risk register"]) == 5_002


def test_there_are_three_forms(paper: Paper) -> None:
    with pytest.raises(FormUnknown):
        paper_file(paper, "odt")
