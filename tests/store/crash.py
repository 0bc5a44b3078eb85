"""Appends one entry and kills itself with SIGKILL at a named step: ``python -m tests.store.crash prepare | STEP``."""

import os
import signal
import sys


def main(stop: str) -> None:
    """Prepare an organisation, or append one entry with a large content to its log and die at the step."""
    import django

    django.setup()

    from clerestory.registers.organisation.models import Organisation
    from clerestory.store import evidence, sequencer, unit
    from clerestory.terms.evidence import Content
    from clerestory.terms.ids import OrganisationId
    from tests.organisation import NOW, found
    from tests.store.test_evidence import made

    if stop == "prepare":
        found()
        return
    organisation_id = OrganisationId(Organisation.objects.values_list("id", flat=True)[0])
    sequencer.catch_up()

    def die(name: str) -> None:
        if name == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    unit.observers.append(die)
    with unit.atomic():
        report = Content(os.urandom(70_000), "application/pdf")
        evidence.append(made(content=report), organisation_id=organisation_id, now=NOW)


if __name__ == "__main__":
    main(sys.argv[1])
