"""Pages in German: what data files say of law, frameworks, kinds, scales, stages and uses is said in German."""

import re
from html import unescape

import pytest
from django.test import Client

from clerestory.registers.context.queries import scope_versions
from clerestory.registers.policy.queries import policy
from clerestory.registers.risk.queries.criteria import method_versions, process_versions
from clerestory.registers.risk.rules.scale import shipped_method, shipped_steps
from tests.web.conftest import Place
from tests.web.walk.reading import Form
from tests.web.walk.reading import read as forms_of
from tests.web.walk.walking import addresses, opened
from tools.messages import ROOT, read, shown_data

pytestmark = pytest.mark.django_db(transaction=True)
TAG = re.compile(r"<script.*?</script>|<[^>]*>", re.DOTALL)
"""What nobody reads: an address or the value of a choice stays as the data say it."""
READ_OUT = re.compile(r'(?:aria-label|placeholder|title)="([^"]*)"')
"""What stands inside a tag and is read all the same."""
SHORTEST = 20
"""Shorter texts stand inside words of people too, such as a name: they are looked for as a whole line or cell."""
AS_THEY_ARE = frozenset({"Regulation (EU) 2024/1689", "ISO/IEC 42001", "EU AI Act"})
OF_OTHERS = ("/roles/committees/", "/policy/", "/inventory/systems/import/", "/risk/threats/credit-scoring/")
"""Here a short word is a person's, such as the function of a member, the name of a column, or that of a tactic."""
MORE = (
    "/requirements/iso42001-2023/6.1.4/",
    "/requirements/eu-ai-act/Art.27/",
    "/inventory/classification/credit-scoring/answer/",
    "/inventory/law/",
    "/organisation/processes/usual/",
    "/?framework=nist-ai-rmf-1-0",
)


def test_no_page_says_in_english_what_data_say_in_german(furnished: Place) -> None:
    german = read("de")
    texts = {text: german.get(text) for _file, text in shown_data(ROOT)}
    said = {text for text, found in texts.items() if found is not None and found.string not in ("", text)} - AS_THEY_ARE
    wanted = {text.removesuffix(".") for text in said if len(text) >= SHORTEST}
    short = {word for text in said if len(text) < SHORTEST for word in (text, text.capitalize())}
    short -= {found.string for found in german if isinstance(found.string, str)}
    assert len(wanted) > 800 and {"inception", "Deployment", "negligible"} <= short
    client = furnished.client("admin")
    client.post("/language/", {"language": "de"})
    shown = opened(client, [*addresses(furnished), *MORE])
    pages = dict(shown)
    assert len(pages) > 60
    assert {page.partition('lang="')[2][:2] for page in pages.values()} == {"de"}
    seen = {
        address: unescape(TAG.sub("\n", "\n".join((page, *READ_OUT.findall(page))))) for address, page in pages.items()
    }
    wrong = [f"{address}: {text}" for address, page in seen.items() for text in wanted if text in page]
    for address, page in seen.items():
        if not address.startswith(OF_OTHERS):
            parts = {part.strip() for line in page.splitlines() for part in (line, *line.split(":"), *line.split(", "))}
            wrong += [f"{address}: {word}" for word in short & parts]
    assert wrong == [], "\n".join(wrong[:40])


def form_at(client: Client, address: str) -> Form:
    page = client.get(address).content.decode()
    return next(form for form in forms_of(address, page).forms if len(form.texts) > 1)


def sent(client: Client, form: Form, **changed: str) -> None:
    values = {name: each.chosen for name, each in form.fields.items() if each.chosen} | changed
    assert client.post(form.action, values).status_code == 302


def test_what_is_shipped_and_not_changed_stays_the_same_in_whichever_language_it_was_filled_in(place: Place) -> None:
    client, admin = place.client("admin"), place.actor("admin")
    client.post("/language/", {"language": "de"})
    form = form_at(client, "/risk/criteria/propose/")
    likelihood = form.fields["likelihood"].chosen[0]
    assert likelihood.startswith("selten: ")
    sent(client, form)
    assert method_versions(admin)[0].method == shipped_method(), "ratings made by what is shipped mean the same"
    own = likelihood.replace("selten: ", "fast nie: ")
    sent(client, form_at(client, "/risk/criteria/propose/"), likelihood=own, owners="Das Amt für Risiken.")
    changed = method_versions(admin)[0].method
    first, *others = changed.criteria.likelihood
    assert first.label == "fast nie" and tuple(others) == shipped_method().criteria.likelihood[1:]
    assert dict(changed.parts)["owners"] == "Das Amt für Risiken."
    client.post("/language/", {"language": "en"})
    page = client.get("/risk/criteria/2/").content.decode()
    assert "fast nie" in page and "unlikely" in page and "Das Amt für Risiken." in page, "people keep their own words"


def test_steps_stages_and_audiences_that_are_shipped_are_kept_by_their_names(place: Place) -> None:
    client, admin = place.client("admin"), place.actor("admin")
    client.post("/language/", {"language": "de"})
    form = form_at(client, "/risk/criteria/process/")
    sent(client, form, steps=form.fields["steps"].chosen[0] + "\nEigener Schritt")
    assert process_versions(admin)[0].steps == (*shipped_steps(), "Eigener Schritt")
    form = form_at(client, "/context/scope/propose/")
    assert "Außerbetriebnahme" in form.fields["stages"].chosen[0]
    sent(client, form, text="Alle Systeme der Bank.", interfaces="Einkauf")
    assert "retirement" in scope_versions(admin)[0].scope.inside["stages"]
    form = form_at(client, "/policy/add/?template=ai-policy")
    assert form.fields["audiences"].chosen[0].split() == ["Personal", "Lieferanten", "öffentlich"]
    sent(client, form)
    assert policy(admin, "ai-policy").newest.draft.audiences == ("staff", "suppliers", "public")
