"""What the demo's people say, read from its data: dates counted from the day it is filled, people by their word."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any

Clock = Callable[[], datetime]
Story = Mapping[str, Any]


def story(name: str) -> Story:
    """Return one part of the story."""
    place = files("clerestory.demo").joinpath("data", "story", f"{name}.toml")
    return tomllib.loads(place.read_text(encoding="utf-8"))


def day(clock: Clock, days: int) -> date:
    """Return the day so many days from now; before now where it is negative."""
    return (clock() + timedelta(days=days)).date()
