"""Finds records that name an entry which is neither in the log nor waiting for its place: the entry was deleted."""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model, QuerySet
from django.db.models.options import Options

from clerestory.store.models import LogEntry
from clerestory.terms.ids import OrganisationId

OWNERS = ("clerestory.registers.", "clerestory.desk")
NAMES = ("entry_id", "revoked_entry_id")


def unlogged(organisation_id: OrganisationId) -> Iterator[tuple[str, str]]:
    """Yield table and entry id of each record of an organisation whose entry is missing, in one query a column."""
    held = LogEntry.objects.filter(organisation_id=organisation_id).values("entry_id")
    for model, column in sorted(_columns(), key=lambda found: (_options(found[0]).db_table, found[1])):
        key = "organisation_id" if _has(model, "organisation") else "pk"
        rows: QuerySet[Model] = QuerySet(model).filter(**{key: organisation_id}).exclude(**{column: ""})
        missing = rows.exclude(**{f"{column}__in": held}).order_by(column).values_list(column, flat=True)
        for entry_id in missing.distinct():
            yield _options(model).db_table, entry_id


def _columns() -> Iterator[tuple[type[Model], str]]:
    for app in apps.get_app_configs():
        if app.name.startswith(OWNERS):
            for model in app.models.values():
                yield from ((model, name) for name in NAMES if _has(model, name))


def _has(model: type[Model], name: str) -> bool:
    return any(field.name == name for field in _options(model).get_fields())


def _options(model: type[Model]) -> "Options[Model]":
    return model._meta  # noqa: SLF001  the public API of Django, whatever its name
