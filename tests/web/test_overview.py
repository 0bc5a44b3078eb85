"""Seven questions, my page, past and coming days, two days compared, search: on pages and over the API."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from clerestory.registers.inventory.commands import register_ai_system
from clerestory.registers.inventory.rules import AIRole, AISystem, Stage
from clerestory.store import clock, directory
from tests.organisation import PASSWORD, found
from tests.web.conftest import Place, result, system_of

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = ("where", "who", "reliable", "risks", "explained", "people", "incidents")


def text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content.decode()[:1500]
    return response.content.decode()


@pytest.mark.parametrize("access", ["admin", "editor", "viewer", "auditor"])
def test_everybody_with_access_reads_the_seven_questions_and_the_records_behind_them(
    furnished: Place, access: str
) -> None:
    client = furnished.client(access)
    page = text(client, "/questions/")
    for key in KEYS:
        assert f'id="{key}"' in page
        text(client, f"/questions/{key}/")
    assert "Nobody can say yet" in page
    assert "%" not in page.split("<main")[1].split("</main>")[0].replace("&#x27;", "")


def test_an_organisation_without_evidence_gets_no_invented_figure(place: Place) -> None:
    page = text(place.client("viewer"), "/questions/")
    assert page.count("answer-number none") == 7
    assert "0 of 7 can be answered" in page
    assert "<polyline" not in page.split("<main")[1]


def aged_place() -> Client:
    """Return a browser in an organisation that registered one system half a year ago and a second one lately."""
    now = clock.now()
    owner = found(email="aged@example.org", password=PASSWORD, now=now - timedelta(days=200))
    for system_id, days in (("first", 190), ("second", 20)):
        register_ai_system(
            actor=owner,
            system=AISystem(
                system_id=system_id, name=system_id, purpose="Rank loans", owner=owner.person_id,
                stage=Stage.OPERATION, ai_role=(AIRole.PROVIDER,),
            ),
            now=now - timedelta(days=days),
        )  # fmt: skip
    client = Client()
    client.post("/account/login/", {"login": "aged@example.org", "password": PASSWORD})
    return client


def test_a_trend_has_its_table_behind_the_plot(db: None) -> None:
    client = aged_place()
    page = text(client, "/questions/")
    assert page.count('class="trend"') == page.count("As a table") > 0
    trend = json.loads(client.get("/api/v1/questions").content)["answers"][0]["trend"]
    assert [point["of"] for point in trend] == [1] * 6 + [2]


def test_a_system_that_came_between_two_days_is_named_as_what_changed(db: None) -> None:
    client = aged_place()
    since = (clock.now() - timedelta(days=30)).date().isoformat()
    page = text(client, f"/requirements/difference/?from={since}")
    assert "AI system" in page
    assert "1 entry came in between" in page


def test_the_records_behind_a_figure_can_be_searched_paged_and_exported(furnished: Place) -> None:
    client = furnished.client("viewer")
    page = text(client, "/questions/reliable/")
    assert "Credit scoring" in page
    assert "performance.task-metric" in page
    assert "performance.task-metric" not in text(client, "/questions/reliable/?q=fairness").split("<tbody>")[-1]
    assert "Nothing fits" in text(client, "/questions/reliable/?q=zzz")
    for nonsense in ("?page=99", "?page=x", "?page=-1", "?q=%00"):
        text(client, f"/questions/reliable/{nonsense}")
    answer = client.get("/questions/reliable/?export=csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert b"fairness.selection-rate-ratio" in answer.content
    assert client.get("/questions/reliable/?export=exe").status_code == 404


def test_there_are_seven_questions_and_no_eighth(place: Place) -> None:
    assert client_status(place, "/questions/eighth/") == 404


def client_status(place: Place, address: str) -> int:
    return place.client("viewer").get(address).status_code


def test_a_past_day_shows_what_was_held_then_and_leads_back(furnished: Place) -> None:
    client = furnished.client("viewer")
    day = (clock.now() - timedelta(days=200)).date().isoformat()
    page = text(client, f"/requirements/?at={day}")
    assert "Only what had been received by the end of that day counts" in page
    assert "Back to now" in page
    assert f"/requirements/difference/?from={day}" in page
    assert "Derived from 0 entries" in page
    assert "Back to now" in text(client, f"/systems/credit-scoring/?at={day}")
    assert "Back to now" in text(client, f"/requirements/iso42001-2023/A.7.4/?at={day}")


def test_a_day_to_come_is_a_forecast_and_says_so(furnished: Place) -> None:
    client = furnished.client("viewer")
    day = (clock.now() + timedelta(days=400)).date().isoformat()
    for address in ("/requirements/", "/requirements/iso42001-2023/A.7.4/", "/systems/credit-scoring/"):
        page = text(client, f"{address}?at={day}")
        assert "Forecast for" in page
        assert "if nothing new arrives until then" in page


@pytest.mark.parametrize("day", ["yesterday", "2026-13-40", "1", "9999-12-31", "1000-01-01", "2026-11-21T07:00:00"])
def test_a_day_that_is_none_is_refused_with_a_remedy(furnished: Place, day: str) -> None:
    client = furnished.client("viewer")
    for address in ("/requirements/?at=", "/requirements/difference/?from=", "/requirements/difference/?to="):
        assert client.get(f"{address}{day}").status_code == 400, address


def test_two_days_are_compared_with_causes_and_exported(furnished: Place) -> None:
    client, today = furnished.client("viewer"), clock.now().date()
    since = (today - timedelta(days=300)).isoformat()
    page = text(client, f"/requirements/difference/?from={since}")
    assert "Another status" in page
    assert "fairness.selection-rate-ratio" in page
    assert "Nothing changed" in text(client, f"/requirements/difference/?from={since}&to={since}")
    coming = (today + timedelta(days=900)).isoformat()
    assert "forecast" in text(client, f"/requirements/difference/?to={coming}")
    table = client.get(f"/requirements/difference/?from={since}&export=csv")
    assert b"Nonconforming" in table.content
    assert client.get(f"/requirements/difference/?from={today}&to={since}").status_code == 422
    assert client.get("/requirements/difference/?framework=iso27001-2022").status_code in (404, 422)


def test_my_page_leads_a_newcomer_and_shows_others_at_most_five_actions(place: Place, furnished: Place) -> None:
    page = text(furnished.client("admin"), "/")
    assert 1 <= page.count('class="to-do-item') <= 5
    assert "My systems" in page
    assert "For the audit" in text(furnished.client("auditor"), "/")


def test_each_question_that_nobody_can_answer_yet_leads_to_its_remedy(place: Place) -> None:
    page = text(place.client("admin"), "/questions/")
    for address in ("/inventory/systems/add/", "/risk/criteria/propose/", "/roles/add/", "/nonconformity/new/"):
        assert f'show-me" href="{address}"' in page
    assert page.count('show-me" href=') == 7
    assert "n = 0" not in page and "register:" not in page
    assert 'show-me" href=' not in text(place.client("viewer"), "/questions/")


def test_a_newcomer_finds_the_first_steps_and_inviting_somebody_only_where_nobody_else_is(place: Place) -> None:
    page = text(place.client("admin"), "/")
    assert page.count('class="to-do-item') == 2
    assert "/inventory/systems/add/" in page and "/members/#tokens" in page
    assert "/members/#invite" not in page


@pytest.mark.parametrize("query", ["<script>alert(1)</script>", "=1+1", "ا نظام", "x" * 5000, "%", "'", "\\", "\x00"])
def test_a_search_for_anything_is_harmless(furnished: Place, query: str) -> None:
    client = furnished.client("viewer")
    for part in ("", "palette"):
        answer = client.get("/search/", {"q": query, "part": part})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


def test_the_search_page_works_without_scripts_and_the_palette_has_the_same_results(furnished: Place) -> None:
    directory.publish(furnished.organisation_id, "risk", "risk-1", "<b>Credit</b> dries up", "/risk/risk-1/")
    client = furnished.client("viewer")
    page, palette = text(client, "/search/?q=credit"), text(client, "/search/?q=credit&part=palette")
    for shown in (page, palette):
        assert "Credit scoring" in shown
        assert "&lt;b&gt;Credit&lt;/b&gt; dries up" in shown
        assert "/inventory/systems/credit-scoring/" in shown or "/systems/credit-scoring/" in shown
    assert 'role="option"' in palette
    assert "<html" not in palette


def test_only_actions_that_one_may_do_are_offered(furnished: Place) -> None:
    assert "Register an AI system" in text(furnished.client("editor"), "/search/?q=register")
    assert "Register an AI system" not in text(furnished.client("viewer"), "/search/?q=register")
    assert "Invite somebody" in text(furnished.client("admin"), "/search/?q=invite")
    assert "Invite somebody" not in text(furnished.client("editor"), "/search/?q=invite")


def test_another_organisation_sees_none_of_it(furnished: Place, elsewhere: Place) -> None:
    client = elsewhere.client("admin")
    for address in ("/", "/questions/", "/questions/where/", "/search/?q=credit", "/requirements/difference/"):
        assert "credit-scoring" not in text(client, address), address
        assert "Credit scoring" not in text(client, address), address


@pytest.mark.parametrize(
    "address, most",
    [
        ("/questions/", 8),
        ("/questions/reliable/", 9),
        ("/requirements/difference/", 8),
        ("/search/?q=credit", 12),
        ("/search/?q=credit&part=palette", 12),
    ],
)
def test_the_pages_ask_no_more_often_when_there_is_more(
    furnished: Place, django_assert_max_num_queries: DjangoAssertNumQueries, address: str, most: int
) -> None:
    client = furnished.client("viewer")
    client.get(address)
    with django_assert_max_num_queries(most) as first:
        client.get(address)
    for number in range(4):
        system_of(furnished, f"credit-{number}")
        result(
            furnished, "performance.task-metric", ">= 0.7", "PASS", 0.9, 0.01, days_ago=number,
            system_id=f"credit-{number}",
        )  # fmt: skip
    client.get(address)
    with django_assert_max_num_queries(most) as second:
        client.get(address)
    assert len(second.captured_queries) <= len(first.captured_queries)


def test_the_api_gives_the_same_figures_as_the_pages(furnished: Place) -> None:
    client = furnished.client("viewer")

    def read(address: str, status: int = 200) -> dict[str, object]:
        answer = client.get(f"/api/v1/{address}")
        assert answer.status_code == status, answer.content
        return json.loads(answer.content)  # type: ignore[no-any-return]

    answers = read("questions")["answers"]
    assert [one["key"] for one in answers] == list(KEYS)  # type: ignore[index, union-attr]
    reliable = next(one for one in answers if one["key"] == "reliable")  # type: ignore[index, union-attr]
    assert (reliable["have"], reliable["of"]) == (2, 3)  # type: ignore[index]
    behind = read("questions/reliable")
    assert sum(one["holds"] for one in behind) == 2  # type: ignore[index, misc]
    assert len(behind) == 3
    read("questions/eighth", 404)
    assert read("mine")["actions"] == []
    since = (clock.now() - timedelta(days=300)).date().isoformat()
    changes = read(f"difference?since={since}")["changes"]
    assert {"NONCONFORMING"} & {one["after"] for one in changes}  # type: ignore[index, union-attr]
    read("difference?since=soon", 400)
    hits = read("search?q=credit")["hits"]
    assert "credit-scoring" in {one["id"] for one in hits}  # type: ignore[index, union-attr]


def test_the_api_asks_strangers_for_a_token(place: Place) -> None:
    for address in ("questions", "questions/where", "mine", "difference?since=2026-01-01", "search?q=x"):
        assert Client().get(f"/api/v1/{address}").status_code == 401, address
