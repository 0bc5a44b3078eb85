"""One exporter for every table and record: a paper, and its forms PDF, DOCX and XLSX."""

from clerestory.desk.document.answer import FORMS, list_paper, organisation_name, paper_file, paper_response
from clerestory.desk.document.paper import (
    Facts,
    Head,
    Heading,
    Mark,
    Paper,
    Paragraph,
    Reference,
    Table,
    references,
)

__all__ = [
    "FORMS",
    "Facts",
    "Head",
    "Heading",
    "Mark",
    "Paper",
    "Paragraph",
    "Reference",
    "Table",
    "list_paper",
    "organisation_name",
    "paper_file",
    "paper_response",
    "references",
]
