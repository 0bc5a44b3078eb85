"""What people write is shown as they wrote it: no markup, template, formula, tag or letter does anything."""

from dataclasses import replace

import pytest

from clerestory.desk.document import Facts, Heading, Mark, Paper, Paragraph, Reference, Table, paper_file
from tests.desk.document.reading import docx_text, pdf_pages, pdf_text, xlsx_sheets

HOSTILE = (
    "#eval(1+1)",
    '#read("/etc/passwd")',
    '#image("secret.png")',
    "#panic()",
    "= Heading",
    "*bold* _soft_ `raw` $x^2$ @label <label> \\ // /* */",
    "{{ 7*7 }}",
    "{% for x in y %}",
    "{{ paper.__class__ }}",
    "{_{ kept }_}",
    "{# gone? #}",
    '=HYPERLINK("http://evil.example","x")',
    "=1+1",
    "+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-2+3",
    "<script>alert(1)</script>",
    "</w:t></w:r><w:r><w:t>&amp;",
    "&P &N &[File] && 100 %",
    "%TITLE% ${x} #{x}",
    "]]> <!-- -->",
)
RTL = "مرحبا بالعالم"
HEBREW = "שלום עולם"


def everywhere(text: str) -> Paper:
    """Return a paper that has a text in each place that takes one."""
    from tests.desk.document.conftest import AT

    return Paper(
        text,
        text,
        AT,
        (
            Heading(text),
            Paragraph(text),
            Paragraph(text, quiet=True),
            Facts(((text, text), ("mark", Mark(text, "bad")), ("odd tone", Mark(text, text)))),
            Table(text, (text, "B"), ((text, Mark(text, "good")), ([text, text], None)), empty=text),
            Table(text, (text,), (), empty=text),
        ),
        subtitle=text,
        language="en",
        evidence=(Reference(text, text, text),),
        note=text,
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_shown_and_does_nothing(text: str) -> None:
    paper = everywhere(text)
    plain = "".join(text.split())
    assert "".join(pdf_text(paper_file(paper, "pdf")).split()).count(plain) >= 12
    words = docx_text(paper_file(paper, "docx"))
    assert words.count(text) >= 12
    sheets = xlsx_sheets(paper_file(paper, "xlsx"))
    assert sum(text in cell for rows in sheets.values() for row in rows for cell in row) >= 12


def test_no_form_shows_what_a_file_of_the_server_holds() -> None:
    for form in ("pdf", "docx"):
        read = pdf_text if form == "pdf" else docx_text
        assert "root:" not in read(paper_file(everywhere('#read("/etc/passwd")'), form))


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx"])
def test_letters_that_no_document_holds_become_the_replacement_character(form: str) -> None:
    text = "a\x00b\x07c\x1bd\ud800e\ufffff"
    data = paper_file(everywhere(text), form)
    found = {
        "pdf": pdf_text,
        "docx": docx_text,
        "xlsx": lambda file: " ".join(xlsx_sheets(file)["Details"][0]),
    }[form](data)
    assert "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf" in found


@pytest.mark.parametrize("text", [RTL, HEBREW, "日本語の文書", "Ελληνικά", "Русский", "Łódź ő ș", "👩‍⚖️"])
def test_no_script_is_lost_or_stops_a_document(text: str) -> None:
    assert text in docx_text(paper_file(everywhere(text), "docx"))
    sheets = xlsx_sheets(paper_file(everywhere(text), "xlsx"))
    assert any(text in cell for rows in sheets.values() for row in rows for cell in row)
    assert pdf_pages(paper_file(everywhere(text), "pdf"))


def test_text_that_runs_from_right_to_left_says_so_in_a_word_document() -> None:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(paper_file(everywhere(RTL), "docx"))) as archive:
        body = archive.read("word/document.xml")
    assert b"<w:bidi/>" in body and b"<w:rtl/>" in body


def test_a_hundred_thousand_letters_are_all_there() -> None:
    text = "Every word of this reason counts. " * 3_000 + "The end."
    paper = replace(everywhere("x"), parts=(Paragraph(text), Table("T", ("A", "B"), ((text, "1"), ("y", text)))))
    for form, read in (("pdf", pdf_text), ("docx", docx_text)):
        found = read(paper_file(paper, form))
        assert found.count("The end.") == 3, form
        assert found.count("Every word of this reason counts.") >= 8_900, form
    sheets = xlsx_sheets(paper_file(paper, "xlsx"))
    assert "Long texts" in sheets
    whole = "".join(cell for rows in sheets.values() for row in rows for cell in row)
    assert whole.count("The end.") == 3
    assert all(len(cell) < 32_768 for rows in sheets.values() for row in rows for cell in row)


def test_a_word_without_a_gap_stays_inside_its_column() -> None:
    digest = "sha256:" + "0123456789abcdef" * 8
    rows = [(digest, digest, digest, digest)]
    paper = replace(everywhere("x"), parts=(Table("T", ("A", "B", "C", "D"), rows), Facts((("Digest", digest),))))
    found = "".join("".join(pdf_pages(paper_file(paper, "pdf"))).split())
    assert "0123456789abcdef" in found


def test_sheets_with_the_same_forbidden_or_reserved_name_get_names_of_their_own() -> None:
    names = ("a/b:c", "a/b:c", "History", "", "'quoted'", "x" * 99, "x" * 99)
    paper = replace(everywhere("x"), parts=tuple(Table(name, ("A",), (("1",),)) for name in names), evidence=())
    sheets = list(xlsx_sheets(paper_file(paper, "xlsx")))
    assert len({name.casefold() for name in sheets}) == len(sheets) == 8
    assert all(0 < len(name) <= 31 for name in sheets)
