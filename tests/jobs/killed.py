"""Pushes a failing run, or hands its entry on and kills itself: ``python -m tests.jobs.killed prepare | STEP``."""

import os
import signal
import sys
import tempfile
from pathlib import Path


def main(stop: str) -> None:
    """Prepare an organisation with a failed check, or follow it up and die at a named step; print how many are open."""
    import django

    django.setup()

    from clerestory.intake.receive import receive
    from clerestory.jobs import dispatch
    from clerestory.registers.nonconformity.models import Nonconformity
    from clerestory.registers.organisation.queries import organisations
    from clerestory.store import sequencer, unit
    from tests.intake.loans import ran, write
    from tests.organisation import NOW, found

    if stop == "prepare":
        sequencer.listeners.clear()
        with tempfile.TemporaryDirectory() as folder:
            receive(ran(write(Path(folder) / "run", broken=40), at=NOW), actor=found(), now=NOW)
        return

    def die(name: str) -> None:
        if name == stop:
            os.kill(os.getpid(), signal.SIGKILL)

    unit.observers.append(die)
    organisation_id = organisations()[0][0]
    dispatch.dispatch(organisation_id)
    sys.stdout.write(str(Nonconformity.objects.filter(organisation_id=organisation_id).count()))


if __name__ == "__main__":
    main(sys.argv[1])
