"""Django application of the register of incidents and concerns."""

from typing import ClassVar

from django.apps import AppConfig


class Incidents(AppConfig):
    """Registered as ``incidents``."""

    name = "clerestory.registers.incidents"
    label = "incidents"
    holds_every: ClassVar = {
        "answer.entry_id": ("record.concern_outcome",),
        "procedure.entry_id": ("record.concern_procedure",),
    }
    holds_newest: ClassVar = {
        "concern.entry_id": ("register.concern",),
        "trial.entry_id": ("record.channel_trial",),
    }

    def ready(self) -> None:
        """Keep the last receiver of concerns from leaving without a successor."""
        from clerestory.desk.people import before_ending
        from clerestory.registers.incidents.commands import refuse_last_receiver

        before_ending(refuse_last_receiver)
