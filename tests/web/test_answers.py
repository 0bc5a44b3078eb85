"""What answers hold: nothing inline, files that run nothing, errors with a remedy, the reader's language."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from django.test import Client

from clerestory.desk.models import Membership, User
from clerestory.judgement.phrase import phrase
from clerestory.ledger.vkey import read_vkey
from clerestory.registers.inventory.commands import classify_system
from clerestory.store import clock, keys
from clerestory.store.log import Search, search
from clerestory.verify.single import verify_entry
from clerestory.verify.trust import Trust
from clerestory.web.words import linked
from tests.registers.records import register
from tests.web.conftest import PASSWORD, Place
from tests.web.test_pages import PAGES

pytestmark = pytest.mark.django_db(transaction=True)
INLINE = (
    re.compile(r"<style", re.IGNORECASE),
    re.compile(r"\sstyle\s*=", re.IGNORECASE),
    re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    re.compile(r"hx-on", re.IGNORECASE),
    re.compile(r"javascript:", re.IGNORECASE),
    re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE),
)


def test_no_page_holds_script_or_style_inline_or_from_another_place(furnished: Place) -> None:
    client = furnished.client("admin")
    for address in (*PAGES, "/account/2fa/totp/activate/", "/account/reauthenticate/"):
        body = client.get(address).content.decode()
        for pattern in INLINE:
            assert not pattern.search(body), f"{address}: {pattern.pattern}"
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", body), address


def test_the_content_security_policy_allows_only_what_comes_from_the_server_itself(place: Place) -> None:
    response = place.client("viewer").get("/requirements/")
    policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";") if part)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"


def test_the_board_as_a_file_holds_every_row_that_is_shown(furnished: Place) -> None:
    client = furnished.client("viewer")
    response = client.get("/requirements/?export=csv&group=A.7+Data+for+AI+systems")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert [row[0] for row in rows[1:]] == ["A.7.2", "A.7.3", "A.7.4", "A.7.5", "A.7.6"]
    for address in ("/requirements/?export=xlsx", "/evidence/?export=xlsx", "/systems/?export=xlsx"):
        assert zipfile.ZipFile(io.BytesIO(client.get(address).content)).testzip() is None
    assert client.get("/requirements/?export=exe").status_code == 404


def test_content_is_sent_as_a_file_that_a_browser_does_not_run(furnished: Place) -> None:
    entry = search(furnished.organisation_id, Search(kind="check")).rows[0].entry_id
    response = furnished.client("viewer").get(f"/evidence/{entry}/content/")
    assert response.json()["measurement"]["n"] == 1000
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_proof_of_an_entry_is_downloaded_and_checked_elsewhere(furnished: Place, tmp_path: Path) -> None:
    organisation = furnished.organisation_id
    found = search(organisation, Search(kind="check")).rows[0]
    page = furnished.client("viewer").get(f"/evidence/{found.entry_id}/").content.decode()
    assert f'href="/evidence/{found.entry_id}/proof/"' in page
    response = furnished.client("auditor").get(f"/evidence/{found.entry_id}/proof/")
    name = f'attachment; filename="{found.entry_id}.tlog-proof"'
    assert (response.headers["Content-Disposition"], response.headers["X-Content-Type-Options"]) == (name, "nosniff")
    file = tmp_path / "entry.tlog-proof"
    file.write_bytes(response.content)
    key = read_vkey(keys.verifier_key(organisation))
    verdict = verify_entry(file, Trust(keys.origin(organisation), (key,)))
    assert (verdict.exit_code, verdict.integrity["position"], verdict.integrity["kind"]) == (0, found.position, "check")
    assert furnished.client("viewer").get("/evidence/entry-none/proof/").status_code == 404


@pytest.mark.parametrize(
    "address, status",
    [
        ("/requirements/?at=2999-13-01", 400),
        ("/requirements/?at=soon", 400),
        ("/requirements/?framework=none", 404),
        ("/requirements/iso42001-2023/Z.9/", 404),
        ("/evidence/entry-none/", 404),
        ("/systems/none/", 404),
        ("/nothing/here/", 404),
    ],
)
def test_what_cannot_be_shown_is_answered_with_a_problem_and_a_remedy(place: Place, address: str, status: int) -> None:
    response = place.client("viewer").get(address)
    assert response.status_code == status
    assert response.content.count(b"<h1") == 1
    assert b'class="quiet"' in response.content


def test_nonsense_in_an_address_of_a_list_is_ignored(furnished: Place) -> None:
    client = furnished.client("viewer")
    for address in ("/evidence/?page=-3&kind=%00&q=%27%3B--", "/evidence/?page=999999", "/systems/?sort=drop&page=x"):
        assert client.get(address).status_code == 200, address
    assert client.get("/systems/credit%00scoring/").status_code == 404


def test_text_of_evidence_is_shown_as_text(furnished: Place) -> None:
    client = furnished.client("admin")
    entry = search(furnished.organisation_id, Search(kind="check")).rows[0].entry_id
    client.post(f"/evidence/{entry}/revoke/", {"reason": "<script>alert(1)</script>"})
    body = client.get(f"/evidence/{entry}/").content.decode()
    assert "&lt;script&gt;alert(1)" in body
    assert "<script>alert" not in body


def test_what_somebody_typed_into_a_reason_is_never_markup() -> None:
    typed = "`x` <script>alert(1)</script> {subject} {0}"
    excluded = phrase("excluded", day="2026-11-01", entry="entry-1", justification=typed)
    told = linked(excluded, {"entry-1": "/evidence/1/"})
    assert "<script>" not in told
    assert "&lt;script&gt;" in told
    assert "{subject} {0}" in told


def test_a_german_reader_gets_german_words_days_and_numbers(furnished: Place) -> None:
    client = furnished.client("viewer")
    client.post("/language/", {"language": "de", "next": "/requirements/"})
    board = client.get("/requirements/").content.decode()
    assert '<html lang="de">' in board
    assert "Nicht nachgewiesen" in board
    assert "Not evidenced" not in board
    assert "0,74 [0,7, 0,78]" in client.get("/systems/credit-scoring/").content.decode()


def at_work_for(client: Client) -> str:
    """Return the organisation that the reader's own page names first."""
    found = re.search(r'<p class="lead">.*?<span class="quiet">(.+?) · ', client.get("/").content.decode(), re.DOTALL)
    assert found is not None
    return found[1]


def test_a_member_of_two_organisations_works_in_one_at_a_time(place: Place, elsewhere: Place) -> None:
    user = User.objects.get(email=place.people["viewer"])
    Membership.objects.create(user=user, organisation_id=elsewhere.organisation_id, person_id="person-second",
                              access="viewer", roles=[], started_at=clock.now())  # fmt: skip
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert at_work_for(client) == "Northlight Bank"
    client.post("/place/", {"organisation": elsewhere.organisation_id})
    assert at_work_for(client) == "Southlight Bank"
    client.post("/place/", {"organisation": "another"})
    assert at_work_for(client) == "Southlight Bank"


@pytest.mark.django_db(transaction=True)
def test_what_was_answered_about_the_law_is_put_away_while_something_is_open(place: Place) -> None:
    editor = place.actor("editor")
    register(editor)
    page, client = "/inventory/classification/credit-scoring/answer/", place.client("editor")
    away = '<details class="fold whole"'
    assert away not in client.get(page).content.decode()
    said = {"system": ("yes",), "reach": ("yes",), "areas": ("III.5b",), "profiling": ("yes",)}
    classify_system(actor=editor, system_id="credit-scoring", given=said)
    shown, _away, put_away = client.get(page).content.decode().partition(away)
    assert 'name="practices"' in shown
    assert 'name="practices"' not in put_away
    assert 'name="areas"' in put_away
    assert 'name="areas"' not in shown
