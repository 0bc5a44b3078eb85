"""Django application of the applicability register, which makes the controls known to everybody who links records."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from django.apps import AppConfig

from clerestory.catalogue.load import load
from clerestory.terms.ids import FrameworkId

if TYPE_CHECKING:
    from clerestory.store.directory import Record

FRAMEWORK = FrameworkId("iso42001-2023")


class Applicability(AppConfig):
    """Registered as ``applicability``."""

    name = "clerestory.registers.applicability"
    label = "applicability"
    holds_every: ClassVar = {
        "decision.entry_id": ("decision.applicability",),
        "owncontrol.entry_id": ("register.own_control",),
        "statement.entry_id": ("record.applicability_statement",),
        "trace.entry_id": ("record.applicability_trace",),
    }
    holds_newest: ClassVar = {
        "loosening.entry_id": ("approval.exception",),
    }

    def ready(self) -> None:
        """Let controls be linked, commented on and found, though no row holds them."""
        from clerestory.desk.record.known import also_known

        also_known("control", controls, entity="applicability")


def controls() -> Iterator["Record"]:
    """Yield the controls as others may know them."""
    from django.utils.translation import gettext

    from clerestory.store.directory import Record

    for item in load().frameworks[FRAMEWORK].requirements:
        if item.kind == "control" and item.assessable:
            yield Record("control", item.id, f"{item.id} {gettext(item.title)}", f"/applicability/{item.id}/", "")
