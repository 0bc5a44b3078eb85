"""Comments are talk: shown safely, changed by their author alone, and those who are mentioned hear of it once."""

from datetime import timedelta

import pytest

from clerestory.desk.models import Comment, Notice
from clerestory.desk.people import members
from clerestory.desk.permit import NotPermitted
from clerestory.desk.record.comment import (
    LONGEST,
    UNDO_FOR,
    CommentRefused,
    CommentUnknown,
    change_comment,
    comments,
    delete_comment,
    mentions_in,
    readable,
    restore_comment,
    write_comment,
)
from clerestory.desk.record.known import RecordUnknown
from clerestory.store import log
from clerestory.store.log import Search
from tests.desk.record.conftest import SYSTEM
from tests.organisation import NOW, join


def say(actor, text, **more):
    return write_comment(actor=actor, kind=SYSTEM[0], record_id=SYSTEM[1], text=text, now=NOW, **more)


def shown(actor, now=NOW):
    return comments(actor, *SYSTEM, members(actor, past=True), now)


def test_a_comment_is_shown_with_its_author_and_enters_no_log(owner, sam):
    before = log.search(owner.organisation_id, Search()).total
    say(sam, "Is the purpose still right?")
    (remark,) = shown(owner)
    assert (remark.who, remark.text, remark.is_own) == ("Sam", "Is the purpose still right?", False)
    assert log.search(owner.organisation_id, Search()).total == before


def test_who_is_mentioned_is_told_once_however_often_the_comment_is_changed(owner, sam):
    said = say(owner, "@Sam, please look. @Owner not me.")
    assert said.told == (sam.person_id,)
    change_comment(actor=owner, comment_id=said.comment_id, text="@Sam and @Sam, please.", now=NOW)
    assert Notice.objects.filter(organisation_id=owner.organisation_id, person_id=sam.person_id).count() == 1


def test_nobody_is_told_of_their_own_words(owner):
    assert say(owner, "@Ada Owner must do this.").told == ()


def test_a_name_that_belongs_to_nobody_is_said_and_an_address_is_no_mention(owner, sam):
    said = say(owner, "@Nobody, @Samantha, write to x@example.org and ask @sam.")
    assert said.told == (sam.person_id,)
    assert said.unknown == ("Nobody", "Samantha")


def test_who_left_and_who_is_of_another_organisation_is_not_told(owner, stranger):
    join(stranger.organisation_id, "editor", (), "olga@example.org")
    assert say(owner, "@Olga, look").unknown == ("Olga",)


def test_the_longest_name_wins_and_pieces_mark_it(owner):
    join(owner.organisation_id, "editor", (), "ada@example.org")
    say(owner, "Ask @Ada Owner or @Ada!")
    (remark,) = shown(owner)
    assert [(p.text, p.is_mention) for p in remark.pieces] == [
        ("Ask ", False), ("@Ada Owner", True), (" or ", False), ("@Ada", True), ("!", False)
    ]  # fmt: skip
    assert [m.name for m in mentions_in("@ada owner", members(owner))[0]] == ["Ada Owner"]


@pytest.mark.parametrize(
    "text, says",
    [
        ("  \n ", "empty"),
        ("x" * (LONGEST + 1), f"at most {LONGEST}"),
        ("pay \u202egnp.exe", "U+202E"),
        ("a\x00b", "U+0000"),
        ("a\x1bb", "U+001B"),
    ],
)
def test_words_that_cannot_be_kept_are_refused(owner, text, says):
    with pytest.raises(CommentRefused, match=says.replace("+", r"\+")):
        say(owner, text)
    assert not Comment.objects.filter(organisation_id=owner.organisation_id).exists()


def test_other_scripts_and_joined_signs_are_kept(owner):
    text = "המערכת עובדת\n\u200fنعم 👩\u200d💻 ä\u00a0b"
    assert readable(text.replace("\n", "\r\n")) == text
    say(owner, text)
    assert shown(owner)[0].text == text


def test_only_its_author_changes_or_deletes_a_comment(owner, sam):
    said = say(owner, "Mine")
    for step in (delete_comment, restore_comment):
        with pytest.raises(CommentRefused):
            step(actor=sam, comment_id=said.comment_id)
    with pytest.raises(CommentRefused):
        change_comment(actor=sam, comment_id=said.comment_id, text="Yours")
    assert shown(owner)[0].text == "Mine"


def test_a_deleted_comment_leaves_a_mark_and_can_be_brought_back(owner, sam):
    said = say(owner, "Secret of @Sam")
    delete_comment(actor=owner, comment_id=said.comment_id, now=NOW)
    (remark,) = shown(sam)
    assert (remark.text, remark.pieces, remark.deleted_at, remark.may_restore) == ("", (), NOW, False)
    assert shown(owner)[0].may_restore
    with pytest.raises(CommentRefused, match="deleted"):
        change_comment(actor=owner, comment_id=said.comment_id, text="Other", now=NOW)
    restore_comment(actor=owner, comment_id=said.comment_id, now=NOW)
    assert shown(sam)[0].text == "Secret of @Sam"


def test_after_thirty_days_the_words_of_a_deleted_comment_are_gone(owner):
    first, second = say(owner, "Old"), say(owner, "Newer")
    delete_comment(actor=owner, comment_id=first.comment_id, now=NOW)
    later = NOW + UNDO_FOR + timedelta(days=1)
    with pytest.raises(CommentRefused, match="gone"):
        restore_comment(actor=owner, comment_id=first.comment_id, now=later)
    delete_comment(actor=owner, comment_id=second.comment_id, now=later)
    assert Comment.objects.get(organisation_id=owner.organisation_id, pk=first.comment_id).text == ""


def test_a_viewer_reads_and_says_nothing(owner, reader):
    say(owner, "For all")
    assert [remark.text for remark in shown(reader)] == ["For all"]
    with pytest.raises(NotPermitted):
        say(reader, "Me too")


def test_the_comments_of_one_organisation_are_not_there_for_another(owner, stranger):
    said = say(owner, "Inside")
    assert shown(stranger) == ()
    with pytest.raises(CommentUnknown):
        change_comment(actor=stranger, comment_id=said.comment_id, text="x")
    with pytest.raises(RecordUnknown):
        write_comment(actor=owner, kind="ai_system", record_id="elsewhere", text="x")
