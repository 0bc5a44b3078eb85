"""What a process is: a name, the entries that concern it, and what it does about one. Doing it twice is harmless."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from clerestory.desk.actor import Actor
from clerestory.store.handover import Head
from clerestory.terms.fact import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process. ``follow`` may be called again for the same entry, as after a crash."""

    name: str
    wants: Callable[[Head], bool]
    follow: Callable[[Actor, Fact, datetime], None]
