"""A list over HTTP: what an address asks for, views, steps for many rows, files, and what is refused."""

import csv
import io
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from clerestory.desk.lists import Column, ListQuery, page_of
from clerestory.desk.lists.saved import save_view
from clerestory.registers.inventory import models
from clerestory.store import clock
from clerestory.store.log import Search, search
from tests.web.conftest import Place, elsewhere, furnished, place, system_of

__all__ = ["elsewhere", "furnished", "place"]
pytestmark = pytest.mark.django_db(transaction=True)
LISTS = ("/systems/", "/inventory/", "/inventory/datasets/", "/data/", "/roles/", "/roles/systems/",
         "/applicability/", "/applicability/exceptions/", "/organisation/processes/", "/organisation/records/",
         "/evidence/", "/members/", "/requirements/", "/questions/reliable/")  # fmt: skip
ODD = "<img src=x onerror=alert(1)>"


def screen(client: Client, address: str):
    """Return the list that a page shows."""
    return client.get(address).context["list"]


def test_nonsense_in_the_address_of_any_list_is_ignored(furnished: Place) -> None:
    client = furnished.client("viewer")
    nonsense = ("page=99999999999999", "page=-1&size=7", "size=1e9", "sort=organisation__id", "sort=-%00", "view=9%27",
                "columns=password,,x&columns=", "view=99999", "stage=nowhere&tier=%F0%9F%92%A9", "q=%25%27%22%5C",
                "changed_at=x", "subject=:::")  # fmt: skip
    for address in LISTS:
        for text in nonsense:
            assert client.get(f"{address}?{text}").status_code == 200, f"{address}?{text}"
        assert client.get(f"{address}?export=exe").status_code == 404, address


def test_every_list_is_a_file_in_four_forms(furnished: Place) -> None:
    client = furnished.client("viewer")
    forms = {"csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF", "docx": b"PK"}
    for address in LISTS:
        for form, start in forms.items():
            answer = client.get(f"{address}?export={form}")
            assert answer.status_code == 200, f"{address} {form}"
            assert answer.content.startswith(start), f"{address} {form}"
            assert f".{form}" in answer.headers["Content-Disposition"]


def test_a_list_costs_at_most_ten_queries_with_frame_and_sign_in(
    furnished: Place, django_assert_max_num_queries
) -> None:
    client = furnished.client("editor")
    for address in LISTS:
        client.get(address)
        with django_assert_max_num_queries(10, info=address):
            assert client.get(address).status_code == 200


def test_a_viewer_keeps_a_view_of_any_list_and_shares_none(furnished: Place) -> None:
    client = furnished.client("viewer")
    for address in LISTS:
        asked = {"do": "view-save", "title": f"Mine {ODD}"}
        answer = client.post(f"{address}?q=a", asked)
        assert answer.status_code == 302, address
        assert "q=a" in answer.headers["Location"]
        page = client.get(answer.headers["Location"]).content.decode()
        assert ODD not in page
        assert "Mine &lt;img" in page
        assert client.post(address, {**asked, "title": "Shared", "shared": "on"}).status_code == 403, address
        assert client.post(address, asked).status_code == 422, address


def test_a_filter_that_the_list_does_not_offer_changes_nothing(furnished: Place) -> None:
    client = furnished.client("viewer")
    assert screen(client, "/systems/?stage=nowhere").page.total == 1
    assert screen(client, "/systems/?stage=inception").page.total == 0
    assert "Nothing fits" in client.get("/systems/?stage=inception").content.decode()
    assert "Nothing fits" not in client.get("/systems/").content.decode()


def test_an_empty_list_says_where_one_begins(place: Place) -> None:
    assert "No AI system yet" in place.client("editor").get("/systems/").content.decode()
    assert "Nothing fits" in place.client("editor").get("/systems/?q=x").content.decode()


def test_chips_name_what_narrows_the_list_and_lead_to_the_address_without_it(furnished: Place) -> None:
    client = furnished.client("viewer")
    shown = screen(client, "/systems/?q=credit&tier=high&sort=-name&size=50&page=1")
    assert [chip.label for chip in shown.chips] == ["Search: credit", "Tier: High"]
    assert [chip.url for chip in shown.chips] == ["?tier=high&sort=-name&size=50", "?q=credit&sort=-name&size=50"]
    assert shown.clear == "?sort=-name&size=50"


def test_an_entry_is_narrowed_to_one_subject_by_a_chip_in_words(furnished: Place) -> None:
    shown = screen(furnished.client("viewer"), "/evidence/?subject=ai_system:credit-scoring")
    assert [chip.label for chip in shown.chips] == ["Subject: AI system credit-scoring"]
    assert shown.untyped == (("subject", "ai_system:credit-scoring"),)


def test_columns_are_chosen_in_the_address_and_kept_by_everything_on_the_page(furnished: Place) -> None:
    client = furnished.client("viewer")
    shown = screen(client, "/systems/?columns=purpose&columns=stage,nonsense")
    assert [top.column.name for top in shown.tops] == ["name", "stage", "purpose"]
    assert all("columns=stage,purpose" in top.url for top in shown.tops if top.url)
    answer = client.get("/systems/?columns=purpose&export=csv").content.decode("utf-8-sig")
    assert answer.splitlines()[0] == "Name,Purpose"
    assert "Purpose" in client.get("/systems/?export=csv").content.decode("utf-8-sig").splitlines()[0]


def test_a_view_that_opens_first_does_so_until_everything_is_asked_for(furnished: Place) -> None:
    client = furnished.client("editor")
    saved = client.post("/systems/?tier=high&columns=name,tier", {"do": "view-save", "title": "High", "first": "on"})
    at_once = client.get("/systems/")
    assert at_once.status_code == 302
    assert at_once.headers["Location"] == saved.headers["Location"]
    shown = screen(client, at_once.headers["Location"])
    assert shown.opened.title == "High"
    assert not shown.is_changed
    assert shown.clear.endswith("view=0")
    assert client.get(f"/systems/{shown.clear}").status_code == 200
    assert screen(client, f"{saved.headers['Location']}&sort=name").is_changed
    assert client.get("/systems/?export=csv").status_code == 200


def test_a_view_is_changed_kept_anew_and_deleted_where_it_is_open(furnished: Place) -> None:
    client = furnished.client("editor")
    opened = client.post("/systems/?tier=high", {"do": "view-save", "title": "High"}).headers["Location"]
    view = parse_qs(urlsplit(opened).query)["view"][0]
    changed = {"do": "view-change", "title": "Highest", "shared": "on"}
    assert client.post(opened, changed).status_code == 302
    kept = client.post(f"/systems/?tier=limited&view={view}", {"do": "view-keep"})
    assert kept.status_code == 302
    (seen,) = screen(furnished.client("viewer"), "/systems/").views
    assert (seen.title, seen.by, seen.address) == ("Highest", "Edith Editor", f"?tier=limited&view={view}")
    assert furnished.client("viewer").post(opened, {"do": "view-delete"}).status_code == 404
    assert client.post(opened, {"do": "view-delete"}).status_code == 302
    assert screen(client, "/systems/").views == ()


def test_a_private_view_of_another_member_is_neither_opened_nor_changed(furnished: Place) -> None:
    made = save_view(
        actor=furnished.actor("editor"), list_name="ai-systems", title="Mine", address="?q=x", at=clock.now()
    )
    client = furnished.client("admin")
    shown = screen(client, f"/systems/?view={made.view_id}")
    assert (shown.opened, shown.views) == (None, ())
    for do in ("view-change", "view-keep", "view-delete"):
        assert client.post(f"/systems/?view={made.view_id}", {"do": do, "title": "x"}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"do": "nonsense"}, {"do": "view-nonsense"}, {"bulk": "nonsense"}])
def test_a_step_that_a_list_does_not_have_is_refused(furnished: Place, body: dict[str, str]) -> None:
    assert furnished.client("editor").post("/systems/", body).status_code == 404


def test_systems_are_handed_over_together_or_not_at_all(furnished: Place, elsewhere: Place) -> None:
    system_of(furnished, "second")
    system_of(elsewhere, "theirs")
    client, editor = furnished.client("admin"), furnished.actor("editor").person_id
    before = search(furnished.organisation_id, Search(kind="register.ai_system")).total

    def owners() -> list[str]:
        return list(models.AISystem.objects.order_by("id").values_list("owner", flat=True))

    start = owners()
    give = {"bulk": "hand-over", "pick-hand-over": editor}
    for ids in (["credit-scoring", "theirs"], ["credit-scoring", "' or 1=1"], []):
        assert client.post("/systems/", {**give, "ids": ids}).status_code in (404, 422), ids
        assert owners() == start
    assert client.post("/systems/", {**give, "ids": ["second"], "pick-hand-over": "nobody"}).status_code == 422
    theirs = elsewhere.actor("editor").person_id
    assert client.post("/systems/", {**give, "ids": ["second"], "pick-hand-over": theirs}).status_code == 422
    assert client.post("/systems/", {**give, "ids": ["credit-scoring", "second"]}).status_code == 302
    assert owners() == [editor, editor, start[2]]
    assert search(furnished.organisation_id, Search(kind="register.ai_system")).total == before + 2
    assert client.post("/systems/", {**give, "ids": ["second"]}).status_code == 302
    assert search(furnished.organisation_id, Search(kind="register.ai_system")).total == before + 2


@pytest.mark.parametrize("access", ["viewer", "auditor"])
def test_reading_access_takes_no_step_for_many_rows(furnished: Place, access: str) -> None:
    client, editor = furnished.client(access), furnished.actor("editor").person_id
    page = client.get("/systems/").content.decode()
    assert "Change owner" not in page
    assert 'name="ids"' not in page
    for name in ("bulk", "ask"):
        body = {name: "hand-over", "ids": ["credit-scoring"], "pick-hand-over": editor}
        assert client.post("/systems/", body).status_code == 403


def test_a_step_asks_before_it_is_taken_where_no_script_runs(furnished: Place) -> None:
    client = furnished.client("editor")
    answer = client.post("/systems/?q=credit", {"ask": "hand-over", "ids": ["credit-scoring", ODD]})
    assert answer.status_code == 200
    assert "2 rows are chosen." in answer.content.decode()
    assert ODD not in answer.content.decode()


def test_html_and_formulas_in_every_column_are_harmless_on_page_and_in_files(furnished: Place) -> None:
    actor = furnished.actor("admin")
    for number, text in enumerate(("=cmd|'/c calc'!A1", ODD, "@SUM(1)", "+1", "-1", "مرحبا بالعالم", "x" * 190)):
        models.AISystem.objects.create(
            organisation_id=furnished.organisation_id, system_id=f"odd-{number}", name=text, purpose=text,
            owner=actor.person_id, stage="inception", entry_id=f"e{number}", changed_at=clock.now(),
        )  # fmt: skip
    client = furnished.client("viewer")
    page = client.get("/systems/?columns=name,purpose").content.decode()
    assert ODD not in page
    assert 'dir="auto"' in page
    table = list(csv.reader(io.StringIO(client.get("/systems/?export=csv").content.decode("utf-8-sig"))))
    assert not [cell for row in table for cell in row if cell.startswith(("=", "+", "@")) or cell == "-1"]
    for form in ("xlsx", "pdf", "docx"):
        assert client.get(f"/systems/?export={form}").status_code == 200


def test_a_form_from_another_place_saves_no_view(furnished: Place) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = furnished.client("admin").cookies
    assert client.post("/systems/", {"do": "view-save", "title": "x"}).status_code == 403


def test_rows_in_memory_are_narrowed_by_what_their_column_keeps() -> None:
    columns = (
        Column(name="roles", label="Roles", filtered=True, value=lambda row: row, keeps=lambda row, one: one in row),
        Column(name="share", label="Share", kind="share", value=lambda row: (len(row), 3)),
    )
    rows = (("a",), ("a", "b"), ())
    assert page_of(rows, ListQuery(filters={"roles": "a"}), columns).rows == (("a",), ("a", "b"))
    assert page_of(rows, ListQuery(sort="-share"), columns).rows == (("a", "b"), ("a",), ())
