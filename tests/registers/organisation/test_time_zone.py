"""An organisation has a time zone: its people's days begin and end there, while evidence keeps its moments in UTC."""

import html
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from clerestory.desk.approval import approve
from clerestory.desk.day import today_of
from clerestory.desk.entrance.tokens import create_token
from clerestory.desk.models import Mail
from clerestory.desk.notice.notify import next_morning
from clerestory.desk.people import itself, machine_for
from clerestory.registers.context.commands import review_law
from clerestory.registers.context.rules import ContextRefused
from clerestory.registers.organisation import commands, queries
from clerestory.registers.organisation.rules import OrganisationRefused, Profile
from clerestory.registers.risk.queries.record import task_record
from clerestory.registers.roles import commands as roles
from clerestory.registers.roles.queries import committee as committees
from clerestory.registers.roles.rules import RoleRefused
from clerestory.registers.roles.rules.committee import Item, Minutes
from clerestory.report.action import duties_of
from clerestory.report.board import board
from clerestory.store import clock, log
from clerestory.terms.ids import FrameworkId
from tests.organisation import NOW, PASSWORD, found, join
from tests.registers.records import register
from tests.registers.risk.risks import decided, identified
from tests.registers.roles.council import said
from tests.registers.test_pages import signed_in

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
"""09:00 on Monday the 23rd in Auckland, while it is Sunday the 22nd in London."""
MONDAY = date(2026, 11, 23)
AGENDA = [Item("Risks", "late", "/risk/")]


@pytest.fixture
def auckland():
    return found("Tui Bank", email="tui@example.org", password=PASSWORD, time_zone="Pacific/Auckland")


def test_minutes_of_this_morning_are_recorded_in_auckland_and_refused_where_it_is_still_yesterday(auckland):
    for owner, place in ((auckland, "tui"), (found(), "north")):
        others = [join(owner.organisation_id, "editor", (), f"{place}{n}@example.org") for n in (1, 2)]
        made = roles.constitute(actor=owner, said=said(owner, *others), now=NOW)
        approve(actor=others[0], entry_id=made.entry_id, now=NOW)
        here = today_of(owner, MORNING)
        number = roles.call_meeting(
            actor=owner,
            committee_id="ai-council",
            planned_for=here,
            agenda=[Item("Risks", "late", "/risk/")],
            now=MORNING,
        )
        held = Minutes(
            held_on=MONDAY, present=(owner.person_id, others[0].person_id), text="All was read.", decisions=()
        )
        told = {"actor": owner, "committee_id": "ai-council", "number": number, "said": held, "expected_version": 0}
        if owner is auckland:
            entry = roles.write_minutes(**told, now=MORNING).entry_id
            record = committees.meeting(owner, "ai-council", number)
            assert (record.called_on, record.minutes.held_on) == (MONDAY, MONDAY)
            assert log.entry(owner.organisation_id, entry).fact.observed.end == MORNING  # evidence stays in UTC
            with pytest.raises(RoleRefused, match="is past"):
                roles.call_meeting(
                    actor=owner, committee_id="ai-council", planned_for=MORNING.date(), agenda=[], now=MORNING
                )
        else:
            with pytest.raises(RoleRefused, match="still to come"):
                roles.write_minutes(**told, now=MORNING)


def test_law_can_be_read_as_of_this_morning(auckland):
    review_law(actor=auckland, jurisdictions=("EU",), law_as_of=MONDAY, now=MORNING)
    with pytest.raises(ContextRefused, match="not known yet"):
        review_law(actor=auckland, jurisdictions=("EU",), law_as_of=MONDAY + timedelta(days=1), now=MORNING)


def test_a_task_is_not_overdue_in_los_angeles_while_it_is_still_its_day_there():
    owner = found(time_zone="America/Los_Angeles")
    register(owner)
    identified(owner)
    decided(owner, task=owner)
    task = task_record(owner, "R-1-T1")
    due = task.due_on
    evening = datetime(due.year, due.month, due.day, 23, 59, tzinfo=UTC) + timedelta(hours=8)  # 23:59 there
    assert evening.date() == due + timedelta(days=1)
    for moment, late in ((evening, False), (evening + timedelta(minutes=1), True)):
        on = today_of(owner, moment)
        assert task.is_late(on) is late
        assert [duty.is_late(on) for duty in duties_of(owner, on) if duty.due_on == due] == [late]


def test_the_time_zone_is_part_of_the_profile_and_a_change_of_it_is_evidence(actor):
    record = queries.organisation(actor)
    assert record.profile.time_zone == "UTC"
    changed = replace(record.profile, time_zone="Asia/Kathmandu")
    made = commands.change_organisation(actor=actor, profile=changed, expected_version=1)
    assert queries.organisation(actor).profile.time_zone == "Asia/Kathmandu"
    assert log.entry(actor.organisation_id, made.entry_id).fact.values["time_zone"] == "Asia/Kathmandu"
    assert itself(actor.organisation_id).time_zone == "Asia/Kathmandu"
    machine = machine_for(actor.organisation_id, actor.person_id, scopes=frozenset({"read"}))
    assert machine.time_zone == "Asia/Kathmandu"


FOUNDING = """
import zoneinfo
assert zoneinfo.TZPATH == (), "this system brings no zones"
import django
django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {one.label: None for one in apps.get_app_configs()}
call_command("migrate", run_syncdb=True, verbosity=0)
call_command("createcachetable", verbosity=0)
from clerestory.desk.day import today_of
from tests.organisation import found
from tests.registers.organisation.test_time_zone import MORNING
print(today_of(found(time_zone="Pacific/Auckland"), MORNING))
"""


def test_where_the_system_has_no_time_zones_an_organisation_is_founded_with_those_that_are_brought_along(tmp_path):
    brought = {"PYTHONTZPATH": "", "CLERESTORY_HOME": str(tmp_path / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}
    alone = {"DJANGO_SETTINGS_MODULE": "clerestory.settings", "PATH": os.environ["PATH"]}
    made = subprocess.run(
        [sys.executable, "-c", FOUNDING], env=brought | alone, capture_output=True, text=True, check=False
    )
    assert made.stdout.strip() == MONDAY.isoformat(), made.stderr


@pytest.mark.parametrize("access", ["editor", "viewer", "auditor"])
def test_only_an_administrator_changes_the_zone_over_pages_and_the_api(auckland, access):
    join(auckland.organisation_id, access, (), "other@example.org", password=PASSWORD)
    body = {"name": "Tui Bank", "expected_version": 1, "time_zone": "Pacific/Chatham"}
    said = {"name": "Tui Bank", "units": "", "sites": "", "jurisdictions": "", "version": "2", "time_zone": "UTC"}
    other, owner = signed_in("other@example.org"), signed_in("tui@example.org")
    assert other.put("/api/v1/organisation/", body, content_type="application/json").status_code == 403
    assert other.get("/organisation/edit/").status_code == 403
    assert other.post("/organisation/edit/", said | {"version": "1"}).status_code == 403
    assert queries.organisation(auckland).profile.time_zone == "Pacific/Auckland"

    assert owner.put("/api/v1/organisation/", body, content_type="application/json").status_code == 200
    assert queries.organisation(auckland).profile.time_zone == "Pacific/Chatham"
    assert owner.post("/organisation/edit/", said).status_code == 302
    assert queries.organisation(auckland).profile.time_zone == "UTC"
    assert itself(auckland.organisation_id).time_zone == "UTC"


def test_a_zone_that_is_none_is_refused_over_the_api_and_says_what_helps(auckland):
    owner = signed_in("tui@example.org")
    body = {"name": "Tui Bank", "expected_version": 1, "time_zone": "Mars/Olympus"}
    refused = owner.put("/api/v1/organisation/", body, content_type="application/json")
    assert refused.status_code == 422 and "IANA" in refused.content.decode()
    assert queries.organisation(auckland).profile.time_zone == "Pacific/Auckland"


@pytest.mark.parametrize("name", ["Mars/Olympus", "+13:00", "", "../etc/passwd", "localtime", "pacific/auckland"])
def test_what_is_no_time_zone_of_the_iana_is_refused(actor, name):
    with pytest.raises(OrganisationRefused, match="no time zone"):
        commands.change_organisation(actor=actor, profile=Profile(name="N", time_zone=name), expected_version=1)


def test_a_change_of_zone_leaves_every_judgement_of_the_past_as_it_was(actor, place):
    register(actor)
    place()
    framework, then = FrameworkId("iso42001-2023"), NOW + timedelta(hours=3)
    before = board(actor, framework, at=then).rows
    profile = replace(queries.organisation(actor).profile, time_zone="Pacific/Kiritimati")
    commands.change_organisation(actor=actor, profile=profile, expected_version=1, now=NOW + timedelta(days=1))
    place()
    assert board(replace(actor, time_zone="Pacific/Kiritimati"), framework, at=then).rows == before


def test_pages_show_moments_and_today_by_the_clock_of_the_organisation(auckland):
    client = signed_in("tui@example.org")
    page = client.get("/organisation/").content.decode()
    assert "Pacific/Auckland" in page
    history = client.get("/organisation/?tab=history").content.decode()
    shown = re.search(r'<time datetime="([^"]+)" title="([^"]+)">([^<]+)</time>', history)
    moment, title, text = (html.unescape(part) for part in shown.groups())
    assert datetime.fromisoformat(moment).utcoffset() == timedelta(0)
    assert title == f"{NOW:%Y-%m-%d %H:%M:%S} UTC"
    assert text == "21 Nov 2026, 22:00 NZDT"
    form = client.get("/organisation/processes/add/").content.decode()
    assert f'value="{today_of(auckland).isoformat()}"' in form
    elsewhere = found(password=PASSWORD)
    other = signed_in("owner@example.org").get("/organisation/?tab=history").content.decode()
    assert elsewhere.time_zone == "UTC"
    assert "21 Nov 2026, 09:00 UTC" in other


def test_the_profile_form_offers_the_zones_and_keeps_the_one_that_stands(auckland):
    client = signed_in("tui@example.org")
    form = client.get("/organisation/edit/").content.decode()
    assert '<option value="Pacific/Auckland" selected>' in form
    said = {"name": "Tui Bank", "units": "", "sites": "", "jurisdictions": "NZ", "version": "1"}
    assert client.post("/organisation/edit/", said).status_code == 302
    assert queries.organisation(auckland).profile.time_zone == "Pacific/Auckland"
    said |= {"version": "2", "time_zone": "Pacific/Chatham"}
    assert client.post("/organisation/edit/", said).status_code == 302
    assert queries.organisation(auckland).profile.time_zone == "Pacific/Chatham"
    said |= {"version": "3", "time_zone": "Mars/Olympus"}
    assert client.post("/organisation/edit/", said).status_code == 422


def test_the_api_says_and_takes_the_zone_and_keeps_moments_in_utc(auckland):
    secret, _ = create_token(actor=auckland, name="ci", scopes=("read", "write"), now=clock.now())
    api = Client(headers={"Authorization": f"Bearer {secret}"})
    assert api.get("/api/v1/organisation/").json()["time_zone"] == "Pacific/Auckland"
    status = api.get("/api/v1/status?at=2026-11-22").json()
    assert status["at"] == "2026-11-22T23:59:59.999999Z"
    body = {"name": "Tui Bank", "expected_version": 1}
    machine = machine_for(auckland.organisation_id, auckland.person_id, scopes=frozenset({"write"}))
    assert machine.time_zone == "Pacific/Auckland"
    changed = Client(headers={"Authorization": f"Bearer {secret}"})
    assert changed.put("/api/v1/organisation/", body, content_type="application/json").status_code == 403
    assert queries.organisation(auckland).profile.time_zone == "Pacific/Auckland"


@pytest.mark.parametrize(
    "zone, now, goes_out",
    [
        ("UTC", datetime(2026, 11, 22, 5, tzinfo=UTC), datetime(2026, 11, 22, 6, tzinfo=UTC)),
        ("UTC", datetime(2026, 11, 22, 6, tzinfo=UTC), datetime(2026, 11, 23, 6, tzinfo=UTC)),
        ("Pacific/Auckland", MORNING, datetime(2026, 11, 23, 17, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 5, tzinfo=UTC)),
    ],
)
def test_the_daily_mail_goes_out_in_the_morning_there(zone, now, goes_out):
    assert next_morning(now, zone) == goes_out
    assert Mail.objects.count() == 0
