"""What people type is kept as they typed it, or refused; nothing is repaired in silence."""

import pytest

from clerestory.terms.text import TextUnusable, plain


def test_text_keeps_all_but_the_spaces_around_it():
    assert plain("  Überwachung, zweite Stufe ", "name", longest=40) == "Überwachung, zweite Stufe"
    assert plain("one\ntwo", "text", longest=40, lines=True) == "one\ntwo"


@pytest.mark.parametrize("text", ["z.\u00a0B. 5\u202f%", "می\u200cخواهم", "👩\u200d💻 checks it", "full\u3000width"])
def test_text_from_a_word_processor_and_in_every_script_is_kept_as_it_is(text):
    assert plain(text, "name", longest=40) == text


@pytest.mark.parametrize(
    "text, word",
    [("", "empty"), (" \n", "empty"), ("a" * 41, "41 characters"), ("a\x00b", "U+0000"), ("a\nb", "U+000A"),
     ("a\u202eb", "U+202E"), ("a\ud800b", "U+D800"), ("a\u200bb", "U+200B"), ("a\u2028b", "U+2028")],
)  # fmt: skip
def test_text_that_is_empty_too_long_or_unprintable_is_refused(text, word):
    with pytest.raises(TextUnusable) as refusal:
        plain(text, "name", longest=40)
    assert word in refusal.value.problem
