"""Pages of the whole statement: the worksheet over all controls, its versions, and who may do what there."""

import io
import re
import zipfile

import pypdf
import pytest
from django.urls import reverse

from clerestory.registers.applicability import commands, queries
from clerestory.registers.applicability.rules import Decision, Ground
from clerestory.store import directory, trace
from clerestory.terms.ids import RequirementId
from tests.organisation import found, join
from tests.registers.test_pages import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "Our systems decide on people, so the control is needed."


@pytest.fixture
def owner():
    return found()


@pytest.fixture
def client(owner):
    return signed_in("owner@example.org")


def said(*controls, included="yes", reason=REASON):
    fields = {}
    for control in controls:
        fields |= {f"{control}-included": included, f"{control}-justification": reason, f"{control}-ground": "law"}
    return fields


def whole(owner):
    """Return what a person sends who touched nothing: the ground that each row starts with."""
    return {
        f"{row.control}-ground": "" if row.newest is None else str(row.newest.decision.ground)
        for row in queries.statement(owner)
    }


def decide_all(owner):
    made = [
        Decision(control=row.control, included=True, justification=REASON, ground=Ground.LAW)
        for row in queries.statement(owner)
    ]
    commands.decide_many(actor=owner, decisions=made)


def test_the_worksheet_saves_what_was_changed_and_nothing_else(client, owner):
    response = client.post(reverse("applicability-worksheet"), whole(owner) | said("A.7.4", "A.8.2"))
    assert response.status_code == 302
    assert [row.control for row in queries.statement(owner) if row.newest] == ["A.7.4", "A.8.2"]
    client.post(reverse("applicability-worksheet"), whole(owner) | said("A.7.4", "A.8.2", "A.10.3"))
    assert [row.newest.version for row in queries.statement(owner) if row.newest] == [1, 1, 1]


def test_a_worksheet_that_was_opened_earlier_overwrites_nobody_unseen(client, owner):
    decide_all(owner)

    def sheet(seen, **other):
        kept = {f"{row.control}-seen": str(seen) for row in queries.statement(owner)}
        sent = whole(owner) | kept
        for row in queries.statement(owner):
            sent |= {f"{row.control}-included": "yes", f"{row.control}-justification": REASON}
        return sent | other

    page = client.get(reverse("applicability-worksheet")).content
    assert b'<input type="hidden" name="A.7.4-seen" value="1"' in page
    newer = Decision(control="A.7.4", included=False, justification="Nobody trains a model.", ground=Ground.LAW)
    commands.decide_applicability(actor=owner, decision=newer)
    left_alone = client.post(reverse("applicability-worksheet"), sheet(1, **said("A.8.2", reason="Users ask for it.")))
    assert left_alone.status_code == 302
    assert [queries.statement_row(owner, c).newest.version for c in ("A.7.4", "A.8.2")] == [2, 2]
    mine = sheet(
        1, **{"A.8.2-seen": "2", "A.8.2-justification": "Users ask for it."}, **said("A.7.4", reason="We train models.")
    )
    raced = client.post(reverse("applicability-worksheet"), mine)
    assert raced.status_code == 422
    assert b"decided on this control meanwhile" in raced.content
    assert queries.statement_row(owner, "A.7.4").newest.version == 2
    assert client.post(reverse("applicability-worksheet"), mine | {"A.7.4-seen": "2"}).status_code == 302
    assert queries.statement_row(owner, "A.7.4").newest.version == 3


def test_a_worksheet_row_without_a_reason_is_named_and_nothing_is_saved(client, owner):
    sent = whole(owner) | said("A.7.4") | {"A.8.2-included": "no"}
    response = client.post(reverse("applicability-worksheet"), sent)
    assert response.status_code == 422
    assert b'href="#control-A.8.2"' in response.content
    assert not any(row.newest for row in queries.statement(owner))
    short = client.post(reverse("applicability-worksheet"), whole(owner) | said("A.7.4", reason="n/a"))
    assert short.status_code == 422
    assert b"The decision on A.7.4 has no reason." in short.content


def test_every_row_of_the_worksheet_says_at_once_what_it_lacks_and_nothing_is_saved(client, owner):
    sent = whole(owner) | said("A.2.2", reason="n/a") | said("A.7.4") | said("A.8.2")
    sent |= {"A.8.2-more": "A risk that nobody knows", "A.10.3-included": "yes", "A.6.1.2-ground": "nothing"}
    sent |= said("A.9.2") | {"A.9.2-ground": "risk"}
    response = client.post(reverse("applicability-worksheet"), sent)
    text = response.content.decode()
    assert response.status_code == 422
    for control in ("A.2.2", "A.8.2", "A.10.3", "A.6.1.2", "A.9.2"):
        assert f'href="#control-{control}"' in text, control
    assert 'href="#control-A.7.4"' not in text
    assert "The decision on A.2.2 has no reason." in text
    assert "The decision on A.9.2 rests on a risk but names none." in text
    assert "No risk, impact assessment or obligation is called" in text
    assert not any(row.newest for row in queries.statement(owner))


def test_the_worksheet_offers_the_risks_that_call_for_a_control(client, owner):
    directory.publish(owner.organisation_id, "risk", "risk-7", "<b>Labels</b> grow old", "/risk/risk-7/")
    trace.link(owner.organisation_id, "risk", "risk-7", "calls_for", "control", "A.7.4")
    page = client.get(reverse("applicability-worksheet")).content
    assert b"&lt;b&gt;Labels&lt;/b&gt; grow old" in page
    sent = said("A.7.4") | {"A.7.4-ground": "risk", "A.7.4-risks": "risk-7"}
    assert client.post(reverse("applicability-worksheet"), whole(owner) | sent).status_code == 302
    assert queries.statement_row(owner, "A.7.4").newest.decision.risks == ("risk-7",)


def test_the_worksheet_costs_few_queries(client, owner, django_assert_max_num_queries):
    decide_all(owner)
    with django_assert_max_num_queries(10):
        assert client.get(reverse("applicability-worksheet")).status_code == 200


def test_no_version_is_offered_or_issued_while_a_control_is_undecided(client, owner):
    page = client.get(reverse("applicability-versions")).content
    assert b"Issue a version" not in page
    response = client.post(reverse("applicability-versions"))
    assert response.status_code == 422
    assert b"38 of 38 controls are undecided" in response.content
    assert queries.statement_versions(owner) == ()


def test_a_version_is_issued_by_one_and_approved_by_another_in_one_press(client, owner):
    decide_all(owner)
    address = client.post(reverse("applicability-versions")).headers["Location"]
    assert address == reverse("applicability-version", args=[1])
    assert b"Approve the statement" not in client.get(address).content
    join(owner.organisation_id, "editor", ("designated_management",), "second@example.org")
    second = signed_in("second@example.org")
    assert b"Approve the statement" in second.get(address).content
    assert second.post(reverse("applicability-version-approve", args=[1])).status_code == 302
    stand = queries.standing_rows(owner)
    assert len(stand) == 38
    assert all(row.standing.is_approved for row in stand)


def test_a_statement_is_approved_with_its_decisions_by_no_other_door(client, owner):
    decide_all(owner)
    made = commands.issue_statement(actor=owner)
    other = join(owner.organisation_id, "editor", ("designated_management",), "two@example.org")
    assert signed_in("two@example.org") is not None
    for door in ("applicability", "risk", "evidence"):
        address = f"/{door}/approve/{made.entry_id}/" if door != "evidence" else f"/evidence/{made.entry_id}/approve/"
        answer = signed_in("two@example.org").post(address)
        assert answer.status_code in (403, 409, 422), address
    version = queries.statement_version(owner, 1)
    from clerestory.desk.approval import standings

    assert not any(s.is_approved for s in standings(other, [version.entry_id]).values())


def test_one_who_issued_cannot_approve(client, owner):
    decide_all(owner)
    client.post(reverse("applicability-versions"))
    assert client.post(reverse("applicability-version-approve", args=[1])).status_code in (403, 409, 422)
    assert not any(row.standing.is_approved for row in queries.standing_rows(owner))


def test_a_version_shows_its_lines_and_costs_few_queries(client, owner, django_assert_max_num_queries):
    decide_all(owner)
    commands.decide_applicability(
        actor=owner,
        decision=Decision(
            control=RequirementId("A.8.2"),
            included=False,
            justification="=SUM(1) <script>alert(1)</script> \u0645\u0631\u062d\u0628\u0627",
            ground=Ground.LAW,
        ),
    )
    client.post(reverse("applicability-versions"))
    with django_assert_max_num_queries(10):
        page = client.get(reverse("applicability-version", args=[1])).content.decode()
    assert len(re.findall(r'<th scope="row">', page)) == 38
    assert "<script>alert" not in page


def test_a_version_and_its_paper_call_the_controls_as_the_reader_does(client, owner):
    decide_all(owner)
    german = {"headers": {"accept-language": "de"}}
    client.post(reverse("applicability-versions"))
    page = client.get(reverse("applicability-version", args=[1]), **german).content.decode()
    assert "KI-Richtlinie" in page
    assert "AI policy" not in page
    paper = client.get(reverse("applicability-version", args=[1]), {"export": "docx"}, **german).content
    assert "A.2.2 KI-Richtlinie" in read_text(paper, "docx")
    assert "AI policy" in client.get(reverse("applicability-version", args=[1])).content.decode()


def test_another_organisation_has_no_such_version(client, owner):
    decide_all(owner)
    client.post(reverse("applicability-versions"))
    found("Other Bank", email="other@example.org")
    stranger = signed_in("other@example.org")
    assert stranger.get(reverse("applicability-version", args=[1])).status_code == 404
    assert stranger.post(reverse("applicability-version-approve", args=[1])).status_code == 404


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx"])
def test_a_version_leaves_as_a_paper_with_every_decision_and_its_entry(client, owner, form):
    decide_all(owner)
    client.post(reverse("applicability-versions"))
    response = client.get(reverse("applicability-version", args=[1]), {"export": form})
    assert response.status_code == 200
    assert f".{form}" in response.headers["Content-Disposition"]
    text = read_text(response.content, form)
    assert all(str(row.control) in text for row in queries.statement(owner))
    entries = [line.entry_id for line in queries.statement_version(owner, 1).lines]
    assert all(entry in text for entry in entries)
    assert client.get(reverse("applicability-version", args=[1]), {"export": "exe"}).status_code == 404


def read_text(body: bytes, form: str) -> str:
    """Return the text of a document by other people's readers."""
    if form == "pdf":
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        return " ".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))


def test_nobody_decides_by_law_because_law_stood_there_first(client, owner):
    sent = whole(owner) | {"A.7.4-included": "yes", "A.7.4-justification": REASON}
    response = client.post("/applicability/decide/", sent)
    assert response.status_code == 422
    assert b"This field is required" in response.content
    assert queries.statement_row(owner, "A.7.4").newest is None
