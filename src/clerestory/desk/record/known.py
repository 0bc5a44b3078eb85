"""Records that one can point at: those of the directory, and those that a register knows without any row.

Refuses to name a record of another organisation.
"""

from collections.abc import Callable, Iterable, Mapping

from clerestory.desk.actor import Actor
from clerestory.desk.permit import permit
from clerestory.store import directory
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word

MOST_FOUND = 20
_rowless: dict[str, Callable[[], Iterable[directory.Record]]] = {}
_entities: dict[str, str] = {}


class RecordUnknown(ClerestoryError):
    """The organisation has no such record."""


def also_known(kind: str, find: Callable[[], Iterable[directory.Record]], entity: str = "") -> None:
    """Make records of a kind known that every organisation has alike, such as the controls of a framework.

    ``entity`` is how the log calls their versions, where that is not the kind.
    """
    _rowless[kind] = find
    _entities[kind] = entity or kind


def entity_of(kind: str, record_id: str) -> str:
    """Return what the log calls the versions of a record."""
    return f"{_entities.get(kind, kind)}/{record_id}"


def known(actor: Actor, kind: str, record_id: str) -> directory.Record:
    """Return what is known of one record.

    Raises:
        RecordUnknown: the organisation has none of that kind and id.
    """
    permit(actor, "read", "records")
    found = labels(actor.organisation_id, [(kind, record_id)]).get((kind, record_id))
    if found is None:
        raise RecordUnknown(
            _("There is no record {kind} {record_id!r}.", kind=word(kind), record_id=record_id),
            _("Choose one of the lists."),
        )
    return found


def labels(
    organisation_id: OrganisationId, wanted: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], directory.Record]:
    """Return what is known of records by kind and id, in one query; unknown ones are left out."""
    pairs = set(wanted)
    found = {(record.kind, record.id): record for record in directory.some(organisation_id, pairs)}
    for kind in {kind for kind, _id in pairs} & _rowless.keys():
        found |= {(kind, record.id): record for record in _rowless[kind]() if (kind, record.id) in pairs}
    return found


def look_for(actor: Actor, text: str, kind: str = "") -> tuple[directory.Record, ...]:
    """Return the first records whose label or id holds every word, by label."""
    permit(actor, "read", "records")
    words = text.lower().split()
    found = list(directory.search(actor.organisation_id, text, kind=kind, most=MOST_FOUND))
    for name, find in _rowless.items():
        if kind in ("", name):
            found += [r for r in find() if all(word in f"{r.id} {r.label}".lower() for word in words)]
    return tuple(found[:MOST_FOUND])


def kinds(actor: Actor) -> tuple[str, ...]:
    """Return the kinds of records that there are."""
    permit(actor, "read", "records")
    return tuple(sorted({*directory.kinds(actor.organisation_id), *_rowless}))
