"""The list of risks is searched by what a risk says and by the name of the system that it is a risk of."""

from clerestory.desk.lists import ListQuery
from clerestory.registers.risk.queries.lists import risk_columns, risk_page
from tests.organisation import NOW
from tests.registers.records import register
from tests.registers.risk.risks import identified


def test_risks_are_found_by_their_words_and_by_the_name_of_their_system(actor):
    register(actor)
    identified(actor)
    identified(actor, system_id="", event="Nobody keeps the register", owner=actor.person_id)
    columns = risk_columns(actor, NOW.date(), ())

    def found(said):
        page = risk_page(actor, ListQuery(search=said), columns, {})
        return page.total, {record.risk_id for record in page.rows}

    assert found("scoring") == (1, {"R-1"})
    assert found("scoring women") == (1, {"R-1"})
    assert found("nobody") == (1, {"R-2"})
    assert found("scoring nobody") == (0, set())
