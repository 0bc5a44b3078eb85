"""The board, a requirement and a system as files: the same words as their pages, the entries, and who may have them."""

import io
import re

import pytest
from django.test import Client
from pypdf import PdfReader

from clerestory.store.log import Search, search
from tests.web.conftest import Place

pytestmark = pytest.mark.django_db(transaction=True)
REQUIREMENT = "/requirements/iso42001-2023/A.6.2.4/"
PAGES = ("/requirements/", REQUIREMENT, "/systems/credit-scoring/")
KINDS = {"pdf": b"%PDF-", "docx": b"PK", "xlsx": b"PK"}


def read(client: Client, address: str) -> str:
    """Return the text of a PDF, without the places where words may break."""
    response = client.get(address, {"export": "pdf"})
    assert response.status_code == 200, response.content.decode(errors="replace")[-800:]
    assert response.headers["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(response.content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages)).replace("\u200b", "")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("form", KINDS)
def test_a_page_leaves_in_each_form_as_a_download(furnished: Place, address: str, form: str) -> None:
    response = furnished.client("viewer").get(address, {"export": form})
    assert response.status_code == 200
    assert response.content.startswith(KINDS[form])
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("address", PAGES)
def test_nobody_else_gets_the_paper(furnished: Place, elsewhere: Place, address: str) -> None:
    strange = Client().get(address, {"export": "pdf"})
    assert strange.status_code == 302 and strange.headers["Location"].startswith("/account/login/")
    other = elsewhere.client("admin").get(address, {"export": "pdf"})
    assert other.status_code == 404 or b"credit-scoring" not in other.content


def test_a_system_on_paper_names_its_checks_and_the_leaf_of_each(furnished: Place) -> None:
    text = read(furnished.client("viewer"), "/systems/credit-scoring/")
    newest = search(furnished.organisation_id, Search(kind="check")).rows[0]
    assert "Northlight Bank" in text and "Credit scoring" in text
    assert "Page 1 of" in text
    assert "fairness.selection-rate-ratio" in text and "Nonconforming" not in text and "Fail" in text
    assert newest.entry_id in text
    assert newest.leaf_hash in text.replace(" ", "")


def test_a_requirement_on_paper_says_what_is_missing_and_rests_on_entries(furnished: Place) -> None:
    text = read(furnished.client("viewer"), REQUIREMENT)
    assert "A.6.2.4" in text and "What is missing" in text and "Evidence" in text
    assert "no claim of conformity" in text


def test_a_paper_follows_the_language_of_its_reader(furnished: Place) -> None:
    client = furnished.client("viewer")
    client.post("/language/", {"language": "de"})
    text = read(client, "/systems/credit-scoring/")
    assert "Kreditw" not in text and "Credit scoring" in text  # what people wrote stays as it is
    assert "Nov." in text or re.search(r"\d{1,2}\. \w+ 20\d\d", text), text[:300]


def test_a_past_board_on_paper_names_its_moment(furnished: Place) -> None:
    response = furnished.client("viewer").get("/requirements/", {"export": "pdf", "at": "2026-01-31"})
    text = PdfReader(io.BytesIO(response.content)).pages[0].extract_text()
    assert "As of 31 Jan 2026, 23:59 UTC" in text


def test_no_paper_is_made_in_a_form_that_there_is_not(furnished: Place) -> None:
    for address in PAGES:
        assert furnished.client("viewer").get(address, {"export": "exe"}).status_code == 404


def test_each_page_offers_its_paper(furnished: Place) -> None:
    client = furnished.client("viewer")
    for address in PAGES:
        assert "export=pdf" in client.get(address).content.decode()
