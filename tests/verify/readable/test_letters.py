"""Lines of the report: as wide as Adobe's font metrics say, none wider than its room, and no letter lost."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clerestory.verify.readable.letters import BOLD, MONO, PLAIN, width, wrapped

FONTS = (PLAIN, BOLD, MONO)
LETTERS = st.text(alphabet=" \nAbcil.W\u0141", max_size=60)


@pytest.mark.parametrize("text, font, expected", [
    ("Audit", PLAIN, 667 + 556 + 556 + 222 + 278),
    ("Audit", BOLD, 722 + 611 + 611 + 278 + 333),
    ("Audit", MONO, 5 * 600),
])  # fmt: skip
def test_a_text_is_as_wide_as_the_font_s_published_metrics_say(text, font, expected):
    assert width(text, font, 1000) == pytest.approx(expected)


@given(LETTERS, st.sampled_from(FONTS), st.integers(4, 300))
@example("  two spaces before", PLAIN, 300)
def test_no_line_is_wider_than_its_room_and_no_letter_is_lost(text, font, room):
    lines = wrapped(text, font, 10, room)
    assert all(width(line, font, 10) <= room + 1e-6 or len(line) == 1 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert len(lines) >= text.count("\n") + 1
