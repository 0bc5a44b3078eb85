"""Every sentence of the rules of the tier and of the use of AI stands in the catalogue of messages, in German too."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from django.utils.translation import gettext, override


def said(data: Any) -> Iterator[str]:
    """Yield every label, reason and condition."""
    if isinstance(data, list):
        for item in data:
            yield from said(item)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key in ("label", "because"):
                yield value
            elif key == "conditions":
                yield from value
            else:
                yield from said(value)


@pytest.mark.parametrize("name", ["tier.toml", "use.toml"])
def test_every_sentence_of_the_rules_is_said_in_german(name: str) -> None:
    data = tomllib.loads(files("clerestory.registers.inventory.rules").joinpath(name).read_text(encoding="utf-8"))
    found = list(said(data))
    assert len(found) > 15
    with override("de"):
        assert [text for text in found if gettext(text) == text] == []
