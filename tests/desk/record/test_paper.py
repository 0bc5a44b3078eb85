"""Any record leaves as a paper: its newest words, what it is linked to, what happened, and the leaf of each entry."""

import io
import re

import pytest
from django.test import Client
from pypdf import PdfReader

from clerestory.store.log import Search, search
from clerestory.terms.evidence import Subject

PAPER = "/records/ai_system/credit-scoring/paper/"


def text_of(client: Client, address: str) -> str:
    response = client.get(address, {"export": "pdf"})
    assert response.status_code == 200, response.content[:500]
    pages = PdfReader(io.BytesIO(response.content)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages)).replace("\u200b", "")


def test_a_record_on_paper_says_what_its_page_says_and_names_the_leaf_of_each_entry(owner, client):
    text = text_of(client, PAPER)
    assert "Credit scoring" in text and "Page 1 of" in text and "What happened" in text
    assert "person-" not in text.partition("Evidence")[0]
    entries = search(owner.organisation_id, Search(subject=Subject("ai_system", "credit-scoring"))).rows
    assert entries
    for entry in entries:
        assert entry.entry_id in text
        assert entry.leaf_hash in text.replace(" ", "")


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx"])
def test_every_kind_of_record_leaves_in_each_form(owner, client, form):
    from clerestory.store.models import DirectoryRecord

    found = DirectoryRecord.objects.filter(organisation_id=owner.organisation_id).values_list("kind", "record_id")
    kinds = dict(found)
    assert len(kinds) >= 3
    for kind, record_id in kinds.items():
        response = client.get(f"/records/{kind}/{record_id}/paper/", {"export": form})
        assert response.status_code == 200, (kind, record_id, response.content[:300])
        assert response.headers["Content-Disposition"].startswith("attachment")


def test_who_may_read_gets_a_paper_and_nobody_else(owner, reader, stranger, browser):
    assert browser("reader@example.org").get(PAPER).status_code == 200
    strange = Client().get(PAPER)
    assert strange.status_code == 302 and strange.headers["Location"].startswith("/account/login/")
    other = browser("other@example.org").get(PAPER, {"export": "xlsx"})
    own = {entry.entry_id for entry in search(owner.organisation_id, Search()).rows}
    assert not [entry_id for entry_id in own if entry_id.encode() in other.content]


def test_what_is_not_there_has_no_paper(client):
    for address in (
        "/records/ai_system/nothing/paper/",
        "/records/nothing/credit-scoring/paper/",
        f"{PAPER}?export=exe",
    ):
        assert client.get(address).status_code == 404, address
    assert client.post(PAPER).status_code == 405


def test_the_page_of_a_record_offers_its_paper(client):
    assert f"{PAPER}?export=docx" in client.get("/inventory/systems/credit-scoring/").content.decode()


def test_a_paper_takes_few_queries_however_long_its_history(owner, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        client.get(PAPER)
