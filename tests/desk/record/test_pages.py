"""Every address that records share: who gets in, what bad input is told, and what a page asks of the database."""

import json
import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from clerestory.desk.approval import approve
from clerestory.desk.entrance.tokens import create_token
from clerestory.desk.models import Attachment, Comment, Draft
from clerestory.desk.record.attachment import attach
from clerestory.desk.record.comment import write_comment
from clerestory.desk.record.link import link_records
from clerestory.registers.data.commands import propose_criteria
from clerestory.registers.data.rules import Limit, QualityCriteria
from clerestory.registers.inventory.commands import update_ai_system
from clerestory.store import clock, log, trace
from clerestory.terms.evidence import Subject
from tests.desk.record.conftest import PAGE, SYSTEM
from tests.organisation import NOW
from tests.registers.organisation.test_views import add_process
from tests.registers.records import dataset, model, system

TABS = ("details", "links", "comments", "files", "history")
DETAILS = (
    PAGE,
    f"/inventory/models/{model().version_id}/",
    f"/inventory/datasets/{dataset().version_id}/",
    "/applicability/A.7.4/",
    "/roles/role/overseer/",
    "/organisation/",
    f"/data/version/{dataset().version_id}/",
    "/systems/credit-scoring/",
    "/organisation/processes/risk-assessment/",
)


def addresses(actor) -> dict[str, str]:
    said = write_comment(actor=actor, kind=SYSTEM[0], record_id=SYSTEM[1], text="Words")
    entry_id = attach(actor=actor, kind=SYSTEM[0], record_id=SYSTEM[1], name="a.txt", body=b"Secret plan")
    return {
        "comment": reverse("record-comment", args=SYSTEM),
        "change": reverse("record-comment-change", args=[said.comment_id]),
        "delete": reverse("record-comment-delete", args=[said.comment_id]),
        "restore": reverse("record-comment-restore", args=[said.comment_id]),
        "file": reverse("record-file", args=SYSTEM),
        "remove": reverse("record-file-remove", args=[entry_id]),
        "link": reverse("record-link", args=SYSTEM),
        "unlink": reverse("record-unlink", args=SYSTEM),
        "draft": reverse("draft", args=["a/b"]),
        "discard": reverse("draft-discard", args=["a/b"]),
    }


def open_file(actor) -> str:
    entry_id = Attachment.objects.filter(organisation_id=actor.organisation_id).latest("pk").entry_id
    return reverse("record-file-open", args=[*SYSTEM, entry_id])


SENT = {"text": "x", "reason": "x", "to": "person_role|overseer", "relation": "supports", "key": "x"}


def test_strangers_are_sent_to_sign_in(owner):
    for address in (*addresses(owner).values(), open_file(owner)):
        for response in (Client().get(address), Client().post(address, SENT)):
            assert response.status_code == 302
            assert reverse("account_login") in response.headers["Location"]


def test_a_viewer_reads_every_part_and_writes_nothing(owner, reader, browser):
    places = addresses(owner)
    client = browser("reader@example.org")
    for tab in TABS:
        page = client.get(PAGE, {"tab": tab})
        assert page.status_code == 200
        assert b'action="/records/' not in page.content
    assert client.get(open_file(owner)).status_code == 200
    for name, address in places.items():
        assert client.post(address, SENT).status_code == 403, name
    assert Comment.objects.filter(organisation_id=owner.organisation_id).count() == 1
    assert not Draft.objects.filter(organisation_id=owner.organisation_id).exists()


def test_another_organisation_finds_none_of_it(owner, stranger, browser):
    places = addresses(owner)
    opened = open_file(owner)
    client = browser("other@example.org")
    assert client.get(opened).status_code == 404
    for name in ("change", "delete", "restore", "remove"):
        assert client.post(places[name], SENT).status_code == 404, name
    for tab in TABS:
        page = client.get(PAGE, {"tab": tab}).content
        assert b"Words" not in page and b"a.txt" not in page


@pytest.mark.parametrize("what", ["comment", "file", "link", "unlink"])
def test_a_record_that_is_not_there_is_not_written_to(client, what):
    address = reverse(f"record-{what}", args=["ai_system", "none"])
    file = {"file": SimpleUploadedFile("a.txt", b"x")} if what == "file" else {}
    sent = SENT | {"key": "out|supports|person_role|overseer"} | file
    assert client.post(address, sent).status_code == 404


def test_only_posting_writes(client, owner):
    places = addresses(owner)
    for name in set(places) - {"change"}:
        assert client.get(places[name]).status_code == 405, name


def test_what_cannot_be_said_or_kept_is_told_once_with_the_words_still_there(client, owner):
    long = client.post(reverse("record-comment", args=SYSTEM), {"text": "word " * 1200})
    assert long.status_code == 422
    page = long.content.decode()
    assert "Use at most 5000" in page and page.count("word word") >= 1
    for name, body, says in (
        ("a.html", b"<html>", "are not kept"),
        ("a.pdf", b"not one", "something else"),
        ("a.txt", b"", "empty"),
    ):
        answer = client.post(reverse("record-file", args=SYSTEM), {"file": SimpleUploadedFile(name, body)})
        assert answer.status_code == 422
        assert says in answer.content.decode()
    assert client.post(reverse("record-file", args=SYSTEM), {}).status_code == 422
    assert not Attachment.objects.filter(organisation_id=owner.organisation_id).exists()


def test_an_upload_over_the_limit_is_refused_and_not_kept_anywhere(client, owner, settings):
    settings.LARGEST_ATTACHMENT = 100_000
    large = SimpleUploadedFile("a.txt", os.urandom(0) + b"x" * 5_000_000)
    answer = client.post(reverse("record-file", args=SYSTEM), {"file": large})
    assert answer.status_code == 422
    assert "larger than" in answer.content.decode()
    fine = client.post(reverse("record-file", args=SYSTEM), {"file": SimpleUploadedFile("b.txt", b"x" * 100_000)})
    assert fine.status_code == 302


def test_html_and_other_ways_of_writing_are_harmless_in_every_part(client, owner):
    words = "<script>alert(1)</script> =1+1 שלום " + "x" * 900
    kind, record_id = SYSTEM
    write_comment(actor=owner, kind=kind, record_id=record_id, text=words)
    attach(actor=owner, kind=kind, record_id=record_id, name="<img src=x onerror=alert(1)>.txt", body=b"x")
    update_ai_system(actor=owner, system=system(owner, purpose=words), expected_version=1, now=NOW)
    for tab in TABS:
        page = client.get(PAGE, {"tab": tab}).content
        assert b"<script>alert" not in page and b"<img src=x" not in page
    assert "שלום" in client.get(PAGE, {"tab": "comments"}).content.decode()


def test_a_file_is_sent_to_be_saved_and_never_shown(client, owner):
    addresses(owner)
    answer = client.get(open_file(owner))
    assert answer.content == b"Secret plan"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.txt"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    attach(actor=owner, kind=SYSTEM[0], record_id=SYSTEM[1], name='grö"\r\nX: y.txt', body=b"x")
    odd = client.get(open_file(owner))
    assert "\n" not in odd.headers["Content-Disposition"]
    assert "X" not in odd.headers


def test_a_mention_of_nobody_is_said(client):
    answer = client.post(reverse("record-comment", args=SYSTEM), {"text": "@Nobody look"}, follow=True)
    assert "Nobody called @Nobody is a member" in answer.content.decode()


def test_a_draft_is_kept_and_discarded_and_leads_nowhere_else(client, owner):
    answer = client.post(reverse("draft", args=["f/1"]), {"name": ["a", "b"], "csrfmiddlewaretoken": "t"})
    assert "saved_at" in json.loads(answer.content)
    assert Draft.objects.get(organisation_id=owner.organisation_id).fields == {"name": ["a", "b"]}
    for back, to in (
        ("/inventory/", "/inventory/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("", "/"),
    ):
        assert client.post(reverse("draft-discard", args=["f/1"]), {"next": back}).headers["Location"] == to
    assert not Draft.objects.filter(organisation_id=owner.organisation_id).exists()
    assert client.post(reverse("draft", args=["k"]), {"note": "x" * 300_000}).status_code == 422


def test_two_who_write_the_first_version_at_once_do_not_overwrite_each_other(client, owner, sam, browser):
    said = {
        "included": "yes",
        "justification": "Mine, since all rests on data.",
        "ground": "law",
        "version": "0",
        "_seen": "{}",
    }
    assert client.post("/applicability/A.7.4/", said).status_code == 302
    second = browser("sam@example.org").post(
        "/applicability/A.7.4/", said | {"justification": "Theirs, since the law asks for it."}
    )
    assert second.status_code == 422
    page = second.content.decode()
    assert "Somebody else changed this meanwhile" in page and "Theirs" in page and "Mine" in page
    assert 'name="version" value="1"' in page


@pytest.mark.parametrize("address", DETAILS)
@pytest.mark.parametrize("tab", TABS)
def test_a_page_of_a_record_asks_the_database_at_most_ten_times(
    client, owner, sam, address, tab, django_assert_max_num_queries
):
    kind, record_id = SYSTEM
    if "processes" in address:
        add_process(client, owner, first_run_on="2026-01-01", interval="P1M")
    limits = QualityCriteria(dataset_version_id=dataset().version_id, limits=(Limit("valid", "x"),))
    made = propose_criteria(actor=sam, criteria=limits)
    approve(actor=owner, entry_id=made.entry_id)
    for number in range(25):
        write_comment(actor=sam, kind=kind, record_id=record_id, text=f"@Ada Owner {number}")
        attach(actor=owner, kind=kind, record_id=record_id, name=f"{number}.txt", body=b"x")
        update_ai_system(
            actor=owner, system=system(owner, purpose=f"Purpose {number}"), expected_version=number + 1, now=NOW
        )
        link_records(actor=owner, kind=kind, record_id=record_id, relation="supports", to_kind="control", to_id="A.7.4")
    client.get(address)
    with django_assert_max_num_queries(10):
        assert client.get(address, {"tab": tab, "q": "data"}).status_code == 200


def test_the_history_has_pages(client, owner):
    for number in range(25):
        update_ai_system(
            actor=owner, system=system(owner, purpose=f"Purpose {number}"), expected_version=number + 1, now=NOW
        )
    first, second = (client.get(PAGE, {"tab": "history", "page": page}).content.decode() for page in ("1", "2"))
    about = log.Search(subject=Subject("ai_system", "credit-scoring"), size=100)
    total = log.search(owner.organisation_id, about).total
    assert 26 <= total <= 40
    assert f"1 to 20 of {total}" in first and f"21 to {total} of {total}" in second
    assert "Purpose 23</del>" not in second
    assert "Purpose 3</del>" in second
    assert "Purpose 23</del>" in first
    assert client.get(PAGE, {"tab": "history", "page": "9" * 30}).status_code == 200


def bearer(actor, *scopes) -> dict[str, str]:
    token = create_token(actor=actor, name="t", scopes=scopes, now=clock.now())[0]
    return {"Authorization": f"Bearer {token}"}


def test_the_same_over_the_api_within_the_scopes_of_a_token(owner, sam):
    reads, writes, which = (
        bearer(owner, "read"),
        bearer(owner, "read", "write"),
        dict(zip(("kind", "id"), SYSTEM, strict=True)),
    )
    client = Client()
    assert client.get("/api/v1/records/comments", which).status_code == 401
    refused = client.post("/api/v1/records/comments", which | {"text": "x"}, "application/json", headers=reads)
    assert refused.status_code == 403
    said = client.post("/api/v1/records/comments", which | {"text": "@Sam hi"}, "application/json", headers=writes)
    assert (said.status_code, said.json()["told"]) == (201, 1)
    assert [c["text"] for c in client.get("/api/v1/records/comments", which, headers=reads).json()] == ["@Sam hi"]
    kept = client.post("/api/v1/records/files", which | {"file": SimpleUploadedFile("a.txt", b"x")}, headers=writes)
    assert kept.status_code == 201
    assert client.get("/api/v1/records/files", which, headers=reads).json()[0]["digest"] == kept.json()["digest"]
    wanted = which | {"relation": "supports", "to_kind": "control", "to_id": "A.7.4"}
    assert client.post("/api/v1/records/links", wanted, "application/json", headers=writes).status_code == 204
    found = client.get("/api/v1/records/links", which, headers=reads).json()
    key = next(link["key"] for link in found if link["removable"])
    gone = client.delete(
        f"/api/v1/records/links?kind=ai_system&id=credit-scoring&key={key.replace('|', '%7C')}", headers=writes
    )
    assert gone.status_code == 204
    events = client.get("/api/v1/records/history", which, headers=reads).json()
    assert events[-1]["kind"] == "register.ai_system" and events[-1]["changes"]
    unknown = client.get("/api/v1/records/history", {"kind": "ai_system", "id": "none"}, headers=reads)
    assert unknown.status_code == 404
    assert trace.links_from(owner.organisation_id, *SYSTEM) == ()


def test_a_record_with_very_many_files_shows_them_page_by_page(client, owner):
    for number in range(23):
        attach(actor=owner, kind=SYSTEM[0], record_id=SYSTEM[1], name=f"file-{number}.txt", body=b"x")
    pages = [client.get(PAGE, {"tab": "files", "page": page}).content.decode() for page in ("1", "2", "99")]
    assert "file-22.txt" in pages[0] and "file-2.txt" not in pages[0]
    assert "file-2.txt" in pages[1] and "file-22.txt" not in pages[1]
    assert "file-0.txt" in pages[2], "behind the last page comes the last page"
    assert "21 to 23 of 23" in " ".join(pages[1].split())
