"""Who is signed in and where is read in one query, and is as it stands now: who left or was closed out gets nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clerestory.desk.models import Membership, User
from tests.organisation import NOW, join
from tests.registers.test_pages import signed_in

PAGE = "/notices/choices/"


@pytest.fixture
def browser(actor):
    """Return the browser of a second member, and that member."""
    second = join(actor.organisation_id, "editor", (), "reader@example.org")
    return signed_in("reader@example.org"), second


def asked_of_people(client):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(PAGE).status_code == 200
    said = [one["sql"] for one in captured]
    return [sql for sql in said if 'FROM "desk_user"' in sql or 'FROM "desk_membership"' in sql]


def test_one_query_reads_user_membership_and_organisation(browser):
    client, _ = browser
    (only,) = asked_of_people(client)
    assert '"desk_user"."password"' in only and '"organisation_organisation"' in only


def test_who_left_and_whose_account_is_closed_sees_nothing_with_a_session_that_lasts(browser):
    client, second = browser
    assert client.get(PAGE).status_code == 200
    Membership.objects.filter(user_id=second.user_id).update(ended_at=NOW + timedelta(days=1))
    assert client.get(PAGE).status_code == 403
    User.objects.filter(pk=second.user_id).update(is_active=False)
    assert client.get(PAGE).headers["Location"].startswith("/account/login/")


def test_a_session_whose_password_was_changed_since_is_nobodys(browser):
    client, second = browser
    user = User.objects.get(pk=second.user_id)
    user.set_password("another window high in the wall")
    user.save()
    assert client.get(PAGE).headers["Location"].startswith("/account/login/")
