"""Jobs that keep things going: entries that nobody signed, cosigned or saw yet, and tiers that are out of date."""

from datetime import datetime

from django.conf import settings

from clerestory.desk.people import itself
from clerestory.intake.stamping.ask import is_due, service, stamp
from clerestory.intake.witnessing.ask import ask, due
from clerestory.jobs.dispatch import dispatch_all, waits
from clerestory.registers.inventory.commands import go_on_importing, settle_tiers
from clerestory.registers.inventory.queries import importer_of
from clerestory.registers.organisation.queries import organisations
from clerestory.store import clock
from clerestory.store.log.cosigned import logs_with_policy
from clerestory.store.log.stamped import stamp_stand
from clerestory.store.publication.publish import is_behind, publish
from clerestory.store.sequencer import catch_up as place_what_waits
from clerestory.store.unit import once
from clerestory.store.upkeep import sweep
from clerestory.terms.error import ClerestoryError
from clerestory.terms.ids import OrganisationId


def catch_up() -> None:
    """Place entries that a crash left behind; remove files that nothing refers to, and marks of forms sent long ago.

    Raises:
        ClerestoryError: a log cannot be signed.
    """
    for problem in place_what_waits().values():
        raise problem
    sweep()
    once.sweep(clock.now())


def hand_over() -> None:
    """Hand placed entries of every organisation to the processes."""
    dispatch_all()


def entries_wait(_now: datetime) -> bool:
    """Tell whether a process has entries to see."""
    return any(waits(organisation_id) for organisation_id, _name in organisations())


def settle() -> None:
    """Derive again the tiers of systems whose override came to its end, or that older rules gave."""
    for organisation_id, _name in organisations():
        settle_tiers(actor=itself(organisation_id))


def import_systems(organisation_id: str, run_id: str) -> None:
    """Import the systems of a file in the name of the member who handed it in."""
    actor = importer_of(OrganisationId(organisation_id), int(run_id))
    if actor is not None:
        go_on_importing(actor=actor, run_id=int(run_id))


def checkpoints_wait(now: datetime) -> bool:
    """Tell whether a witness is to be asked now; without a policy that costs no query."""
    return any(due(organisation_id, now) for organisation_id in logs_with_policy())


def ask_witnesses() -> None:
    """Ask the witnesses of every log that has a policy for the cosignatures that its checkpoint lacks."""
    for organisation_id in logs_with_policy():
        ask(organisation_id, now=clock.now())


def publications_wait(_now: datetime) -> bool:
    """Tell whether a log has more to publish; where logs are not published that costs no query."""
    return settings.PUBLISH is not None and any(
        is_behind(organisation_id) for organisation_id, _name in organisations()
    )


def publish_logs() -> None:
    """Publish every log up to the newest checkpoint that may be, and only then say what went wrong with one.

    Raises:
        ClerestoryError: a log could not be published.
    """
    problems: list[ClerestoryError] = []
    for organisation_id, _name in organisations():
        try:
            publish(organisation_id)
        except ClerestoryError as error:
            problems.append(error)
    for problem in problems:
        raise problem


def ask_authority() -> None:
    """Ask the time stamping authority, where one is named, for the tokens that are due.

    Raises:
        ClerestoryError: its certificate cannot be read.
    """
    asked = service()
    if asked is None:
        return
    for organisation_id, _name in organisations():
        if is_due(organisation_id, stamp_stand(organisation_id), asked.every, clock.now()):
            stamp(organisation_id, asked, now=clock.now())
