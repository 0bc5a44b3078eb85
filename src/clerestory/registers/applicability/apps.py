"""Django application of the applicability register, which makes the controls known to everybody who links records."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

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
