"""The privacy budgets of an organisation: what pushed results say was spent, of which ceiling, and by what."""

from datetime import date, timedelta

import pytest

from clerestory.assurance.privacy import budget_accounting
from clerestory.desk.actor import Actor
from clerestory.desk.models import User
from clerestory.desk.permit import NotPermitted
from clerestory.intake.receive import receive
from clerestory.intake.receive.contradiction import ContradictsHeldResult
from clerestory.intake.receive.recompute import PushedCheckUnusable
from clerestory.intake.release.noise import own_source
from clerestory.intake.release.request import read_wanted
from clerestory.intake.release.run import release
from clerestory.registers.inventory import queries
from clerestory.registers.inventory.queries import InventoryUnknown
from clerestory.store import evidence, sequencer
from clerestory.store.facts import forget
from clerestory.store.unit import atomic
from tests.intake.loans import MANIFEST, ran
from tests.intake.loans import write as write_loans
from tests.organisation import NOW
from tests.web.conftest import Place, elsewhere, furnished, place

__all__ = ["elsewhere", "furnished", "place"]
MOST_QUERIES = 10
HEAD = MANIFEST.partition("[[check]]")[0]
CHECK = """
[[check]]
name = "privacy.budget-accounting"
criterion = "<= 1"
source = "privacy policy 3"
dataset = "{dataset}"
"""
RELEASE = """
[[release]]
day = {day}
what = "{what}"
dataset = "loans"
unit = "person"
mechanism = "pure"
epsilon = {epsilon}
source = "two-sided geometric noise"
"""
ASKED = """
[release]
dataset = "loans"
person = "case_id"
output = "figures.json"

[[question]]
name = "loans by sex"
what = "count"
by = { sex = ["female", "male"] }
epsilon = 0.4
"""
FIRST = RELEASE.format(day="2026-11-01", what="counts by sex", epsilon=0.25)
SECOND = RELEASE.format(day="2026-11-15", what="<b>mean income</b>", epsilon=0.5)
THIRD = RELEASE.format(day="2026-11-20", what="=cmd()", epsilon=0.5)


@pytest.fixture
def project(tmp_path):
    """Give what pushes a ledger: its text, minutes after the first moment, another data set of the manifest."""

    def push(actor: Actor, ledger: str, minutes: int = 0, dataset: str = "loans", rows: int = 800):
        owner = User.objects.get(memberships__person_id=actor.person_id).email
        folder = write_loans(tmp_path / f"{dataset}-{rows}", rows=rows, manifest=HEAD + CHECK.format(dataset=dataset))
        (folder / "privacy_budget.toml").write_text(ledger.replace('"loans"', f'"{dataset}"'), encoding="utf-8")
        at = NOW + timedelta(minutes=minutes)
        document = ran(folder, at=at)
        document["system"]["owner"] = owner
        receipt = receive(document, actor=actor, now=at + timedelta(minutes=1))
        sequencer.sequence(actor.organisation_id)
        return receipt

    forget()
    return push


@pytest.fixture
def admin(place: Place) -> Actor:
    """Give the administrator of an organisation with people of every access."""
    return place.actor()


def test_a_budget_says_what_is_spent_left_and_by_what(actor, project):
    project(actor, FIRST)
    project(actor, FIRST + SECOND, minutes=5)
    (found,) = queries.privacy_budgets(actor)
    assert (found.dataset, found.system_name, found.delta) == ("loans", "Credit scoring", 1e-6)
    # Pure epsilons add up: 0.25 + 0.5 (Dwork et al. 2006, theorem of sequential composition).
    assert [point.epsilon for point in found.points] == pytest.approx([0.25, 0.75])
    assert (found.newest.ceiling, found.left, found.state) == (1.0, pytest.approx(0.25), "within")
    assert (found.count, found.newest_release) == (2, date(2026, 11, 15))
    assert [(r.day, r.what, r.size) for r in found.releases] == [
        (date(2026, 11, 15), "<b>mean income</b>", "epsilon 0.5"),
        (date(2026, 11, 1), "counts by sex", "epsilon 0.25"),
    ]


def test_what_is_beyond_the_ceiling_is_said(actor, project):
    project(actor, FIRST + SECOND + THIRD)
    (found,) = queries.privacy_budgets(actor)
    assert found.state == "beyond"
    assert found.left == pytest.approx(-0.25)


def test_a_ledger_that_lost_a_release_is_refused_on_the_same_data(actor, project):
    project(actor, FIRST + SECOND)
    with pytest.raises(ContradictsHeldResult):
        project(actor, FIRST, minutes=5)
    with pytest.raises(ContradictsHeldResult):
        project(actor, FIRST + SECOND.replace("0.5", "0.1"), minutes=5)
    assert [len(budget.points) for budget in queries.privacy_budgets(actor)] == [1]


def test_an_older_run_that_comes_late_is_no_contradiction(actor, project):
    project(actor, FIRST + SECOND, minutes=5)
    project(actor, FIRST)
    (found,) = queries.privacy_budgets(actor)
    assert [point.epsilon for point in found.points] == pytest.approx([0.25, 0.75])
    assert found.state == "within"


def test_a_ledger_that_lost_a_release_with_new_data_is_shown(actor, project):
    project(actor, FIRST + SECOND)
    project(actor, FIRST, minutes=5, rows=801)
    (found,) = queries.privacy_budgets(actor)
    assert (found.state, len(found.points)) == ("shrank", 2)


def test_a_ledger_whose_releases_cost_less_than_before_is_shown(actor, project):
    project(actor, FIRST + SECOND)
    project(actor, FIRST + SECOND.replace("0.5", "0.1"), minutes=5, rows=801)
    (found,) = queries.privacy_budgets(actor)
    assert (found.state, len(found.points)) == ("shrank", 2)


@pytest.mark.parametrize("kind", [["a"], ["loans", "person", "pure", "0", "1", "0", "0", "1", "soon", "x"]])
def test_counts_of_no_form_are_one_error_and_never_a_broken_page(actor, tmp_path, monkeypatch, kind):
    folder = write_loans(tmp_path / "odd", manifest=HEAD + CHECK.format(dataset="loans"))
    (folder / "privacy_budget.toml").write_text(FIRST, encoding="utf-8")
    document = ran(folder, at=NOW)
    document["system"]["owner"] = User.objects.get(memberships__person_id=actor.person_id).email
    tally = next(pair["tally"] for pair in document["tallies"])
    tally["cells"] = [cell | {"kind": kind} for cell in tally["cells"] if cell["kind"] != ["(people)"]]
    with pytest.raises(PushedCheckUnusable, match=r"privacy\.budget-accounting"):
        receive(document, actor=actor, now=NOW + timedelta(minutes=1))
    monkeypatch.setattr(budget_accounting, "_release", lambda cell: cell.kind[99])  # as a check that trusts its cells
    with pytest.raises(PushedCheckUnusable, match="of no form that the check makes"):
        receive(document, actor=actor, now=NOW + timedelta(minutes=1))
    assert queries.privacy_budgets(actor) == ()


def test_a_result_that_was_taken_back_counts_no_more(actor, project):
    receipt = project(actor, FIRST)
    with atomic():
        evidence.revoke(
            receipt.checks[0].entry_id,
            reason="wrong ledger",
            person=actor.person(),
            organisation_id=actor.organisation_id,
            now=NOW + timedelta(minutes=2),
        )
    sequencer.sequence(actor.organisation_id)
    assert queries.privacy_budgets(actor) == ()


def test_another_organisation_sees_no_budget(admin, project, elsewhere):
    project(admin, FIRST)
    (found,) = queries.privacy_budgets(admin)
    stranger = elsewhere.actor()
    assert queries.privacy_budgets(stranger) == ()
    with pytest.raises(InventoryUnknown):
        queries.privacy_budget(stranger, found.key)
    client = elsewhere.client("admin")
    assert client.get(f"/inventory/budgets/{found.key}/").status_code == 404
    assert client.get(f"/api/v1/inventory/budgets/{found.key}").status_code == 404
    assert "loans" not in client.get("/inventory/budgets/").content.decode()


def test_whoever_may_not_read_is_refused(admin):
    from dataclasses import replace

    nobody = replace(admin, scopes=frozenset({"push"}))
    for query in (
        lambda: queries.privacy_budgets(nobody),
        lambda: queries.privacy_budget(nobody, "x"),
        lambda: queries.privacy_budgets_of(nobody, "x"),
    ):
        with pytest.raises(NotPermitted):
            query()


def test_the_list_is_empty_with_advice_then_searched_filtered_sorted_and_exported(admin, project, place):
    client = place.client("viewer")
    assert "clerestory release" in client.get("/inventory/budgets/").content.decode()
    project(admin, FIRST + SECOND + THIRD)
    project(admin, FIRST, dataset="census", minutes=1)
    page = client.get("/inventory/budgets/?sort=-epsilon").content.decode()
    assert page.index("loans") < page.index("census")
    narrow = client.get("/inventory/budgets/?state=beyond").content.decode()
    assert "census</a>" not in narrow
    assert "census" in client.get("/inventory/budgets/?q=cens").content.decode()
    lines = client.get("/inventory/budgets/?export=csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].split(",")[:4] == ["Data set", "AI system", "Version", "State"]
    assert len(lines) == 3
    assert client.get("/inventory/budgets/?export=xlsx").content[:2] == b"PK"


def test_pages_cost_few_queries_whatever_their_number(admin, project, place, django_assert_max_num_queries):
    for number in range(12):
        project(admin, FIRST, dataset=f"set-{number}", minutes=number)
    budgets = queries.privacy_budgets(admin)
    client = place.client("viewer")
    client.get("/")
    version = budgets[0].newest.version_id
    for address in (
        "/inventory/budgets/",
        "/inventory/budgets/?state=within&sort=-left",
        f"/inventory/budgets/{budgets[0].key}/",
    ):
        with django_assert_max_num_queries(MOST_QUERIES):
            assert client.get(address).status_code == 200
    with django_assert_max_num_queries(MOST_QUERIES):
        assert b"Epsilon spent" in client.get(f"/inventory/datasets/{version}/").content


def test_the_page_draws_what_was_spent_and_writes_text_as_text(admin, project, place):
    project(admin, FIRST)
    project(admin, FIRST + SECOND, minutes=5)
    (found,) = queries.privacy_budgets(admin)
    page = place.client("auditor").get(f"/inventory/budgets/{found.key}/").content.decode()
    assert '"limits": [{"at": 1.0' in page
    assert '"value": 0.75' in page
    assert "<b>mean income" not in page and "&lt;b&gt;mean income" in page
    assert f"/evidence/{found.newest.entry_id}/" in page
    data = place.client("auditor").get(f"/inventory/datasets/{found.newest.version_id}/").content.decode()
    assert f"/inventory/budgets/{found.key}/" in data


def test_a_release_stands_in_the_register_once_it_was_checked_and_pushed(actor, tmp_path):
    folder = write_loans(tmp_path, manifest=HEAD + CHECK.format(dataset="loans"))
    (folder / "release.toml").write_text(ASKED, encoding="utf-8")
    made = release(read_wanted(folder / "release.toml"), now=NOW, source=own_source())
    receive(ran(folder), actor=actor, now=NOW + timedelta(minutes=1))
    sequencer.sequence(actor.organisation_id)
    (found,) = queries.privacy_budgets(actor)
    assert found.newest.epsilon == pytest.approx(made.after) == pytest.approx(0.4)
    (told,) = found.releases
    assert (told.what, told.mechanism, told.size, told.day) == ("loans by sex", "pure", "epsilon 0.4", NOW.date())


def test_the_api_tells_the_same(admin, project, place):
    project(admin, FIRST + SECOND)
    client = place.client("viewer")
    told = client.get("/api/v1/inventory/budgets").json()
    assert told["total"] == 1
    (row,) = told["rows"]
    assert row["points"][0]["epsilon"] == pytest.approx(0.75)
    assert row["releases"][1]["what"] == "counts by sex"
    assert client.get(f"/api/v1/inventory/budgets/{row['key']}").json() == row
    assert client.get("/api/v1/inventory/budgets/none").status_code == 404
