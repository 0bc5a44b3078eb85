"""Pages and API of nonconformities: who gets in, what the forms do, bad input, how often the database is asked."""

from datetime import timedelta

import pytest
from django.urls import reverse

from clerestory.desk.entrance.tokens import create_token
from clerestory.registers.nonconformity.queries import nonconformity
from clerestory.registers.nonconformity.rules import Step
from clerestory.store import clock, sequencer
from tests.organisation import found, join
from tests.registers.nonconformity.walk import acted, analysed, confirmed, corrected, opened
from tests.registers.test_pages import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
EVIL = '<script>alert(1)</script> =HYPERLINK("http://x") مرحبا'


@pytest.fixture
def owner(db):
    """Give the owner of an organisation."""
    return found(now=clock.now() - timedelta(days=30))


@pytest.fixture
def second(owner):
    """Give a second person who may approve."""
    return join(owner.organisation_id, "editor", ("designated_management",), "second@example.org")


@pytest.fixture
def third(owner):
    """Give somebody who confirms effects."""
    return join(owner.organisation_id, "editor", (), "third@example.org")


def begun(by, **changes):
    """Open one today."""
    from clerestory.registers.nonconformity.rules import Grade, default_days

    today = clock.now().date()
    return opened(by, now=clock.now(), found_on=today, days=default_days(Grade.MINOR, today), **changes)


def fields(**changes):
    """Return a filled form that opens a nonconformity."""
    plain = {
        "title": "Logs were not kept",
        "statement": "The logs of May are gone.",
        "requirement": "A.6.2.8",
        "found_by": "audit",
        "found_on": clock.now().date().isoformat(),
        "grade": "minor_nonconformity",
        "system_id": "",
    }
    return {**plain, **changes}


def test_a_person_opens_one_and_takes_every_step_on_its_page(owner, second, third):
    client, approver = signed_in("owner@example.org"), signed_in("second@example.org")
    response = client.post(reverse("nonconformity-add"), fields(owner=owner.person_id))
    assert response.status_code == 302, response.content.decode()[:3000]
    page = response["Location"]
    today = clock.now().date().isoformat()
    assert client.post(page, {"step": "correction", "action": "Switched on.", "done_on": today}).status_code == 302
    cause = {"step": "cause", "method": "five whys", "cause": "Nobody watched.", "other_systems": "None has it."}
    assert client.post(page, cause).status_code == 302
    approve(approver, owner, Step.CAUSE)
    action = {"action": "An alarm.", "done_on": today, "responsible": owner.person_id, "confirmer": third.person_id}
    assert client.post(page, {"step": "action", **action}).status_code == 302
    approve(approver, owner, Step.ACTION)
    said = {"step": "effect", "effective": "yes", "finding": "It rang.", "risks_reviewed": "on"}
    assert client.post(page, said).status_code == 422
    assert nonconformity(owner, "NC-1").row.is_open
    assert signed_in("third@example.org").post(page, said).status_code == 302
    assert nonconformity(owner, "NC-1").row.step is Step.CLOSED
    for form, beginning in (("pdf", b"%PDF"), ("docx", b"PK"), ("xlsx", b"PK")):
        assert client.get(f"{page}?export={form}").content.startswith(beginning)
    history = client.get(f"{page}?tab=history").content.decode()
    assert "Corrective action" in history and "Cause analysis" in history


def approve(client, actor, step):
    """Approve the newest version of a step."""
    entry = nonconformity(actor, "NC-1").taken(step)[-1].entry_id
    assert client.post(reverse("nonconformity-approve", args=[entry])).status_code == 302


def test_text_that_looks_like_markup_or_a_formula_is_only_text(owner):
    client = signed_in("owner@example.org")
    response = client.post(reverse("nonconformity-add"), fields(owner=owner.person_id, title=EVIL, statement=EVIL * 20))
    page = client.get(response["Location"]).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    for form in ("csv", "xlsx", "pdf", "docx"):
        listed = client.get(reverse("nonconformity"), {"export": form})
        assert listed.status_code == 200
        assert b"\n<script" not in listed.content
        assert client.get(response["Location"], {"export": form if form != "csv" else "pdf"}).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"title": "x" * 300}, {"requirement": "A.99"}, {"found_on": "31 May"}, {"owner": "x"}]
)
def test_a_form_with_something_wrong_says_so_and_opens_nothing(owner, wrong):
    client = signed_in("owner@example.org")
    response = client.post(reverse("nonconformity-add"), fields(owner=owner.person_id) | wrong)
    assert response.status_code == 422
    assert b"field-error" in response.content
    assert client.get(reverse("nonconformity-record", args=["NC-1"])).status_code == 404


def test_a_step_that_is_not_the_next_is_refused_on_the_page(owner):
    begun(owner)
    page, client = reverse("nonconformity-record", args=["NC-1"]), signed_in("owner@example.org")
    cause = {"step": "cause", "method": "five whys", "cause": "Nobody watched."}
    response = client.post(page, cause)
    assert response.status_code == 422
    assert b"not the next one" in response.content
    assert client.post(page, {"step": "closed"}).status_code == 422
    assert client.post(page, {}).status_code == 422


@pytest.mark.parametrize("access", ["viewer", "auditor"])
def test_readers_see_every_page_and_change_nothing(owner, access):
    begun(owner)
    join(owner.organisation_id, access, (), "reader@example.org")
    client = signed_in("reader@example.org")
    page = reverse("nonconformity-record", args=["NC-1"])
    assert client.get(reverse("nonconformity")).status_code == 200
    assert b"Record this step" not in client.get(page).content
    today = clock.now().date().isoformat()
    for address, body in (
        (page, {"step": "correction", "action": "Done.", "done_on": today}),
        (reverse("nonconformity-add"), fields(owner=owner.person_id)),
        (reverse("nonconformity-change", args=["NC-1"]), {}),
        (reverse("nonconformity"), {"bulk": "owner", "ids": "NC-1", "pick-owner": owner.person_id}),
    ):
        assert client.post(address, body).status_code in (403, 422), address
    assert nonconformity(owner, "NC-1").row.step is Step.CORRECTION


def test_another_organisation_finds_nothing(owner):
    begun(owner)
    found("Southlight Bank", email="other@example.org", now=clock.now())
    client = signed_in("other@example.org")
    for name in ("nonconformity-record", "nonconformity-change"):
        assert client.get(reverse(name, args=["NC-1"])).status_code == 404
        assert client.post(reverse(name, args=["NC-1"]), {"step": "correction"}).status_code == 404
    assert b"NC-1" not in client.get(reverse("nonconformity")).content
    entry = nonconformity(owner, "NC-1").row.entry_id
    assert client.post(reverse("nonconformity-approve", args=[entry])).status_code == 404


def test_the_list_filters_by_step_grade_owner_and_lateness(owner, second):
    begun(owner)
    begun(owner, title="Another")
    corrected(owner, "NC-2", now=clock.now())
    client = signed_in("owner@example.org")

    def shown(**query):
        return [row.nonconformity_id for row in client.get(reverse("nonconformity"), query).context["page"].rows]

    assert shown(step="cause") == ["NC-2"]
    assert shown(grade="major_nonconformity") == []
    assert set(shown(owner=owner.person_id)) == {"NC-1", "NC-2"}
    assert shown(late="yes") == []
    assert shown(q="another") == ["NC-2"]
    given = {"bulk": "owner", "ids": ["NC-1", "NC-2"], "pick-owner": second.person_id}
    assert client.post(reverse("nonconformity"), given).status_code == 302
    assert set(shown(owner=second.person_id)) == {"NC-1", "NC-2"}


def test_the_pages_ask_the_database_as_often_with_one_as_with_many(owner, second, third, django_assert_max_num_queries):
    viewer = join(owner.organisation_id, "viewer", (), "reader@example.org")
    assert viewer.access == "viewer"
    begun(owner)
    corrected(owner, now=clock.now())
    analysed(owner, second, now=clock.now())
    acted(owner, second, third, now=clock.now())
    client = signed_in("reader@example.org")
    pages = {reverse("nonconformity"): 10, reverse("nonconformity-record", args=["NC-1"]): 10}
    sequencer.sequence(owner.organisation_id)
    first = {}
    for address, most in pages.items():
        client.get(address)
        with django_assert_max_num_queries(most) as asked:
            assert client.get(address).status_code == 200
        first[address] = len(asked.captured_queries)
    for number in range(5):
        begun(owner, title=f"More {number}")
        corrected(owner, f"NC-{number + 2}", now=clock.now())
    confirmed(third, now=clock.now())
    for address, most in pages.items():
        client.get(address)
        with django_assert_max_num_queries(most) as asked:
            assert client.get(address).status_code == 200
        assert len(asked.captured_queries) <= first[address]


def test_the_api_does_what_the_pages_do(owner, client):
    token, _record = create_token(actor=owner, name="t", scopes=["read", "write"], now=clock.now())
    head = {"Authorization": f"Bearer {token}"}
    base = "/api/v1/nonconformity/nonconformities"
    wanted = fields(owner=owner.person_id) | {"found_by": "audit"}
    made = client.post(base, wanted, content_type="application/json", headers=head)
    assert made.status_code == 201, made.content
    today = clock.now().date().isoformat()
    done = {"action": "Switched on.", "done_on": today}
    answer = client.post(f"{base}/NC-1/correction", done, content_type="application/json", headers=head)
    assert answer.status_code == 201
    found_it = client.get(f"{base}/NC-1", headers=head).json()
    assert found_it["row"]["step"] == "cause"
    assert client.get(base, headers=head).json()["total"] == 1
    assert client.get("/api/v1/nonconformity/counts", headers=head).json()["open"] == 1
    checked = client.post(base, {**wanted, "found_by": "check"}, content_type="application/json", headers=head)
    assert checked.status_code == 422
    assert client.get(base).status_code == 401
