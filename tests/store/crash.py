"""Appends one entry and kills the process with SIGKILL at a named step: ``python -m tests.store.crash STEP``."""

import os
import signal
import sys


def main(stop: str) -> None:
    """Found or find the organisation, append one entry with a large content, and die at the step."""
    import django

    django.setup()
    from django.core.management import call_command

    from clerestory.registers.organisation.models import Organisation
    from clerestory.store import evidence, sequencer, unit
    from clerestory.terms.evidence import Content
    from tests.organisation import found
    from tests.store.test_evidence import made

    call_command("migrate", verbosity=0)
    row = Organisation.objects.first()
    organisation_id = row.id if row else found().organisation_id
    sequencer.catch_up()

    def die(name: str) -> None:
        if name == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    unit.observers.append(die)
    with unit.atomic():
        evidence.append(made(content=Content(os.urandom(70_000), "application/pdf")), organisation_id=organisation_id)


if __name__ == "__main__":
    main(sys.argv[1])
