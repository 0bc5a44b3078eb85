"""What commands on the server share: Django set up once, and the organisation and person that are meant."""

import importlib.util
import os
from datetime import datetime

from clerestory.cli.shell import _
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId
from clerestory.terms.moment import MomentUnreadable, read_at


class ServerMissing(ClerestoryError):
    """The command needs the server extra, which is not installed."""


class OrganisationUnclear(ClerestoryError):
    """No organisation exists, or it is unclear which one is meant."""


class PersonUnknown(ClerestoryError):
    """Nobody with that address is a member."""


def start_django() -> None:
    """Set Django up with the product's settings.

    Raises:
        ServerMissing: the server extra is not installed.
        HomeNotWritable: the data folder cannot be written.
    """
    if importlib.util.find_spec("django") is None:
        raise ServerMissing(
            _("This command needs the server, which is not installed."), _("Run: pip install 'clerestory[server]'")
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")
    import django

    django.setup()


def ready() -> None:
    """Set Django up and refuse a database that has no tables yet."""
    start_django()
    from clerestory.store.unit import plain_errors
    from clerestory.store.upkeep import waiting_migrations

    with plain_errors():
        if waiting_migrations():
            raise OrganisationUnclear(
                _("The database is not set up for this version."),
                _(
                    "Run clerestory up once, or: python -m clerestory.jobs.migrate; "
                    "CLERESTORY_HOME names a data folder elsewhere."
                ),
            )


def asked_at(text: str | None) -> datetime:
    """Return the moment to judge at: now where none is given, or today; else the day or moment that is named.

    Raises:
        MomentUnreadable: it is no day or moment.
    """
    from clerestory.store import clock

    now = clock.now()
    return now if text is None or text == now.date().isoformat() else read_at(text)


def held_at(text: str | None) -> datetime:
    """Return the moment that a document certifies: as `asked_at`, never one to come.

    Raises:
        MomentUnreadable: it is no day or moment, or one in the future.
    """
    from clerestory.store import clock

    moment = asked_at(text)
    if moment > clock.now():
        raise MomentUnreadable(
            _("{at} lies in the future.").format(at=text), _("Name a past day; `clerestory status --at` forecasts.")
        )
    return moment


def organisations(wanted: str | None) -> tuple[OrganisationId, ...]:
    """Return the organisation that is wanted, or all of this server.

    Raises:
        OrganisationUnclear: there is none, or not that one.
    """
    from clerestory.registers.organisation.queries import organisations as known

    ids = tuple(organisation_id for organisation_id, _name in known())
    if not ids:
        raise OrganisationUnclear(
            _("There is no organisation yet."), _("Found one with the link that clerestory up prints.")
        )
    if wanted is None:
        return ids
    if wanted not in ids:
        raise OrganisationUnclear(
            _("There is no organisation {id!r}.").format(id=wanted), _("Known are: {ids}.").format(ids=", ".join(ids))
        )
    return (OrganisationId(wanted),)


def one_organisation(wanted: str | None) -> OrganisationId:
    """Return the organisation that is wanted, or the only one.

    Raises:
        OrganisationUnclear: there is none, not that one, or several.
    """
    ids = organisations(wanted)
    if len(ids) > 1:
        raise OrganisationUnclear(
            _("There are several organisations."), _("Name one with --organisation: {ids}.").format(ids=", ".join(ids))
        )
    return ids[0]
