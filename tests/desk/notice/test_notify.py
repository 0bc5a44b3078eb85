"""Members are told things once, in their language, in the caller's transaction, as they chose."""

from datetime import timedelta

import pytest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.desk.lists import ListQuery
from clerestory.desk.models import Mail, Notice, User
from clerestory.desk.notice import administrators, notify
from clerestory.desk.notice.inbox import ChoiceRefused, NoticeUnknown, choices, choose, mark_read, notices, open_notice
from clerestory.desk.people import change_membership
from clerestory.store.unit import atomic
from tests.organisation import NOW, found, join

TOLD = {"topic": "monitor", "title": "A check failed", "url": "/monitoring/mon-1/", "now": NOW}


def test_one_key_tells_each_person_once(actor, second):
    people = [actor.person_id, second.person_id, actor.person_id]
    assert notify(organisation_id=actor.organisation_id, to=people, key="a", **TOLD) == 2
    assert notify(organisation_id=actor.organisation_id, to=people, key="a", **TOLD) == 0
    assert notify(organisation_id=actor.organisation_id, to=people, key="b", **TOLD) == 2
    assert notices(actor, ListQuery()).total == 2


def test_a_long_key_still_tells_once(actor):
    for _again in range(2):
        notify(organisation_id=actor.organisation_id, to=[actor.person_id], key="k" * 900, **TOLD)
    assert notices(actor, ListQuery()).total == 1


def test_what_the_caller_takes_back_was_never_told(actor):
    def tell_and_fail():
        with atomic():
            notify(organisation_id=actor.organisation_id, to=[actor.person_id], key="a", **TOLD)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tell_and_fail()
    assert not Notice.objects.exists()
    assert not Mail.objects.exists()


def test_who_left_and_who_is_of_another_organisation_hears_nothing(actor, second):
    stranger = found("Southlight", email="s@example.org")
    change_membership(organisation_id=actor.organisation_id, person_id=second.person_id, ended_at=NOW)
    people = [second.person_id, stranger.person_id, "person-nobody", ""]
    assert notify(organisation_id=actor.organisation_id, to=people, key="a", **TOLD) == 0
    assert not Notice.objects.exists()


def test_each_reader_reads_a_lazy_title_in_their_language(actor, second):
    User.objects.filter(pk=second.user_id).update(language="de")
    told = TOLD | {"title": format_lazy("{word}: {name}", word=_("Owner"), name="Ada")}
    notify(organisation_id=actor.organisation_id, to=[actor.person_id, second.person_id], key="a", **told)
    assert notices(actor, ListQuery()).rows[0].title == "Owner: Ada"
    assert notices(second, ListQuery()).rows[0].title != "Owner: Ada"


def test_a_person_chooses_what_is_shown_and_what_is_mailed(actor):
    choose(actor=actor, wanted={"monitor": (False, "daily"), "risk": (False, "never")})
    notify(organisation_id=actor.organisation_id, to=[actor.person_id], key="a", **TOLD)
    assert notices(actor, ListQuery()).total == 0
    row = Mail.objects.get()
    assert row.is_daily
    assert row.due_at > NOW
    assert row.due_at - NOW <= timedelta(days=1)
    assert notify(organisation_id=actor.organisation_id, to=[actor.person_id], key="b", **TOLD | {"topic": "risk"}) == 0
    assert {choice.topic: choice for choice in choices(actor)}["monitor"].mail == "daily"


@pytest.mark.parametrize("wanted", [{"nothing": (True, "daily")}, {"monitor": (True, "hourly")}])
def test_a_choice_that_does_not_exist_is_refused(actor, wanted):
    with pytest.raises(ChoiceRefused):
        choose(actor=actor, wanted=wanted)


def test_nobody_opens_or_marks_the_notices_of_others(actor, second):
    notify(organisation_id=actor.organisation_id, to=[actor.person_id], key="a", **TOLD)
    row = Notice.objects.get()
    with pytest.raises(NoticeUnknown):
        open_notice(actor=second, notice_id=row.pk)
    assert mark_read(actor=second, ids=[row.pk]) == 0
    assert mark_read(actor=second) == 0
    assert open_notice(actor=actor, notice_id=row.pk, now=NOW) == "/monitoring/mon-1/"
    assert notices(actor, ListQuery(filters={"read_at": "unread"})).total == 0


def test_administrators_are_the_present_ones(actor):
    join(actor.organisation_id, "editor", (), "e@example.org")
    other = join(actor.organisation_id, "admin", (), "a@example.org")
    assert administrators(actor.organisation_id) == (actor.person_id, other.person_id)
    change_membership(organisation_id=actor.organisation_id, person_id=other.person_id, ended_at=NOW)
    assert administrators(actor.organisation_id) == (actor.person_id,)


def test_a_title_of_many_lines_and_any_length_becomes_one_line_that_fits(actor):
    told = TOLD | {"title": "evil\r\nBcc: all@example.org " + "x" * 999}
    notify(organisation_id=actor.organisation_id, to=[actor.person_id], key="a", **told)
    title = Notice.objects.get().title
    assert "\n" not in title
    assert "\r" not in title
    assert len(title) == 300
