"""The own canonical JSON writer against rfc8785 and against hostile spellings."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from clerestory.ledger import canonical

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
DOCUMENTS = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_every_document_is_spelled_as_rfc8785_spells_it(document):
    assert canonical.encode(document) == rfc8785.dumps(document)


@given(st.dictionaries(TEXTS, DOCUMENTS, max_size=5))
def test_what_is_written_is_read_back_the_same(document):
    assert canonical.decode(canonical.encode(document)) == document


def test_keys_are_sorted_by_utf_16_code_units_as_in_section_3_2_3():
    document = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\x80": "Control",
        "\u00f6": "O With Diaeresis",
    }
    written = canonical.encode(document).decode()
    order = ["Carriage", "One", "Control", "O With", "Euro", "Emoji", "Hebrew"]
    assert [written.index(word) for word in order] == sorted(written.index(word) for word in order)


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        1.0,
        float("nan"),
        float("inf"),
        None,
        2**53,
        -(2**53),
        b"bytes",
        {1: "key"},
        "\ud800",
        {"\udfff": 1},
        object(),
    ],
)
def test_a_value_without_one_spelling_is_refused(value):
    with pytest.raises(canonical.NotCanonical):
        canonical.encode({"value": value})


def test_a_nest_without_end_is_refused_in_bounded_depth():
    nest: list[object] = []
    for _ in range(canonical.DEEPEST):
        nest = [nest]
    with pytest.raises(canonical.NotCanonical):
        canonical.encode(nest)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":null}',
        b'{"a":"\\u0061"}',
        b'{"a":"\\/"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\uD83D\\uDE00"}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":9007199254740992}',
        b"[1]",
        b"1",
        b'"a"',
        b"",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a":"\x01"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"9" * 10_000 + b"}",
        b'{"a":"\\u001F"}',
    ],
)
def test_bytes_in_any_other_spelling_are_refused(data):
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(data)
