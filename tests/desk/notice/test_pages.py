"""Pages and API of notices and webhooks: each member their own, webhooks for administrators, at little cost."""

import json

import pytest
from django.test import Client

from clerestory.desk.models import Notice, WebhookTarget
from clerestory.desk.notice import notify
from clerestory.desk.notice.targets import register_target, send_trial
from clerestory.desk.notice.topics import TOPICS
from tests.web.conftest import Place, elsewhere, furnished, place

__all__ = ["elsewhere", "furnished", "place"]
MOST_QUERIES = 10
HOOK = "https://93.184.215.14/hook"


@pytest.fixture
def told(place: Place) -> Place:
    """Tell each member of thirty things."""
    for access in ("admin", "editor", "viewer"):
        actor = place.actor(access)
        for number in range(30):
            notify(
                organisation_id=actor.organisation_id, to=[actor.person_id], topic="monitor",
                title=f"<i>{access}</i> {number}", text="=1+1\nand more", url="/evidence/", key=f"{access}-{number}",
            )  # fmt: skip
    return place


@pytest.fixture
def target_id(place: Place) -> int:
    """Register a target with some messages."""
    actor = place.actor()
    made, _secret = register_target(actor=actor, name="Chat", url=HOOK, topics=("monitor",))
    for _number in range(30):
        send_trial(actor=actor, target_id=made)
    return made


@pytest.mark.parametrize(
    "address", ["/notices/", "/notices/?read_at=unread&topic=monitor", "/notices/choices/", "/notices/webhooks/"]
)
def test_pages_cost_few_queries(told, target_id, django_assert_max_num_queries, address):
    client = told.client("admin")
    client.get("/")
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(address).status_code == 200
    with django_assert_max_num_queries(MOST_QUERIES):
        assert client.get(f"/notices/webhooks/{target_id}/").status_code == 200


def test_the_bell_costs_no_query_and_counts_what_is_unread(told, django_assert_num_queries):
    from clerestory.web.session import presence_of

    client = told.client("viewer")
    request = client.get("/notices/").wsgi_request
    with django_assert_num_queries(1):
        presence = presence_of(request)
    assert presence is not None and presence.unread == 30
    assert "30 unread notifications" in client.get("/evidence/").content.decode()
    client.post("/notices/read/")
    assert presence_of(request).unread == 0  # type: ignore[union-attr]


def test_each_member_sees_opens_and_marks_their_own_alone(told, elsewhere):
    viewer, other = told.client("viewer"), elsewhere.client("admin")
    page = viewer.get("/notices/?size=100").content.decode()
    assert "&lt;i&gt;viewer" in page
    assert "&lt;i&gt;admin" not in page
    assert "<i>viewer" not in page
    mine = Notice.objects.filter(key="viewer-1").get()
    admins = Notice.objects.filter(key="admin-1").get()
    assert viewer.post(f"/notices/{mine.pk}/open/")["Location"] == "/evidence/"
    for client in (viewer, other):
        assert client.post(f"/notices/{admins.pk}/open/").status_code == 404
        client.post("/notices/", {"bulk": "read", "ids": [str(admins.pk), "x", "9" * 30]})
    admins.refresh_from_db()
    assert admins.read_at is None
    assert Client().post(f"/notices/{mine.pk}/open/").status_code == 302


def test_chosen_notices_are_marked_together(told):
    client = told.client("viewer")
    ids = list(map(str, Notice.objects.filter(key__startswith="viewer-").values_list("pk", flat=True)[:5]))
    assert client.post("/notices/", {"bulk": "read", "ids": ids}).status_code == 302
    assert Notice.objects.exclude(read_at=None).count() == 5


def test_a_notice_leads_to_a_page_of_this_server_whatever_it_says(place):
    actor = place.actor("viewer")
    for number, url in enumerate(("//evil.example/", "https://evil.example/", "javascript:alert(1)", "\\\\evil")):
        notify(organisation_id=actor.organisation_id, to=[actor.person_id], topic="risk", title="x", url=url,
               key=str(number))  # fmt: skip
    client = place.client("viewer")
    for row in Notice.objects.all():
        address = client.post(f"/notices/{row.pk}/open/")["Location"]
        assert address.startswith("/")
        assert address[1:2] not in ("/", "\\")


@pytest.mark.parametrize("access", ["editor", "viewer", "auditor"])
def test_webhooks_and_the_outbox_are_for_administrators(place, target_id, access):
    client = place.client(access)
    assert client.get("/notices/webhooks/").status_code == 403
    assert client.get(f"/notices/webhooks/{target_id}/").status_code == 403
    for step in ("try", "secret", "resume", "end"):
        assert client.post(f"/notices/webhooks/{target_id}/{step}/").status_code == 403, step
    assert client.post("/notices/webhooks/", {"name": "x", "url": HOOK, "topics": ["monitor"]}).status_code == 403
    assert "Webhooks" not in client.get("/notices/").content.decode()
    assert client.get("/api/v1/notices/webhooks").status_code == 403
    assert client.get("/api/v1/notices/outbox").status_code == 403


def test_another_organisation_reaches_no_target(place, target_id, elsewhere):
    client = elsewhere.client("admin")
    assert client.get(f"/notices/webhooks/{target_id}/").status_code == 404
    for step in ("try", "secret", "resume", "end"):
        assert client.post(f"/notices/webhooks/{target_id}/{step}/").status_code == 404, step
    assert Client().get("/notices/webhooks/").status_code == 302


def test_a_target_is_registered_tried_renewed_and_ended_on_the_pages(place):
    client = place.client("admin")
    answer = client.post("/notices/webhooks/", {"name": "Chat", "url": HOOK, "topics": ["monitor"]})
    secret = answer.context["secret"]
    assert secret.startswith("whsec_")
    assert "no-store" in answer["Cache-Control"]
    target = WebhookTarget.objects.get().pk
    assert secret not in client.get(f"/notices/webhooks/{target}/").content.decode()
    assert client.post(f"/notices/webhooks/{target}/try/").status_code == 302
    assert client.post(f"/notices/webhooks/{target}/secret/").context["secret"] != secret
    assert client.post(f"/notices/webhooks/{target}/explode/").status_code == 404
    assert client.post(f"/notices/webhooks/{target}/end/").status_code == 302
    assert client.get(f"/notices/webhooks/{target}/").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"url": "https://10.0.0.1/"}, {"url": "http://93.184.215.14/"}, {"topics": ["mention"]}, {"topics": []},
              {"name": ""}, {"name": "x" * 200}]
)  # fmt: skip
def test_a_target_that_may_not_be_is_refused_on_page_and_api(place, wrong):
    said = {"name": "Chat", "url": HOOK, "topics": ["monitor"]} | wrong
    client = place.client("admin")
    assert client.post("/notices/webhooks/", said).status_code == 422
    answer = client.post("/api/v1/notices/webhooks", json.dumps(said), content_type="application/json")
    assert answer.status_code in (422, 403)
    assert not WebhookTarget.objects.exists()


def test_choices_are_kept_and_nonsense_is_refused(place):
    client = place.client("viewer")
    said = {f"mail-{name}": "never" for name in TOPICS} | {"shown-risk": "on"}
    assert client.post("/notices/choices/", said).status_code == 302
    page = json.loads(client.get("/api/v1/notices/choices").content)
    assert {row["topic"]: (row["in_app"], row["mail"]) for row in page}["risk"] == (True, "never")
    assert client.post("/notices/choices/", said | {"mail-risk": "hourly"}).status_code == 422


def test_no_step_is_taken_by_following_a_link(told, target_id):
    client = told.client("admin")
    for address in ("/notices/read/", "/notices/1/open/", f"/notices/webhooks/{target_id}/end/"):
        assert client.get(address).status_code == 405, address
