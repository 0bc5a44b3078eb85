"""The pages of one AI system: every part of the product that has one of them shows the same tabs."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clerestory.desk.record import OtherPage, Record, other_page
from clerestory.registers.inventory.queries import SystemRecord
from clerestory.terms.evidence import Subject


def system_pages(system_id: str) -> tuple[OtherPage, ...]:
    """Return the pages of a system besides its record, in the order of their tabs."""
    return (
        *other_page("status", _("Where it stands"), "system", system_id),
        *other_page("classification", _("EU AI Act"), "classification-system", system_id),
        *other_page("parts", _("Parts"), "inventory-parts-of", system_id),
        *other_page("resources", _("Resources"), "inventory-resources", system_id),
        *other_page("reassess", _("To re-assess"), "inventory-reassess", system_id),
        *other_page("relations", _("Relations"), "inventory-graph", "ai_system", system_id),
    )


def system_record(record: SystemRecord, paper: str = "") -> Record:
    """Return a system as the tabs of its pages know it."""
    system_id = record.system.system_id
    return Record(
        "ai_system",
        system_id,
        record.system.name,
        reverse("inventory-system", args=[system_id]),
        Subject("ai_system", system_id),
        f"ai_system/{system_id}",
        system_pages(system_id),
        paper=paper,
    )
