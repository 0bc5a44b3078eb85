"""Django application of the jobs: has the store tell the dispatcher when entries were placed."""

from django.apps import AppConfig


class Jobs(AppConfig):
    """Registered as ``jobs``."""

    name = "clerestory.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Listen to the sequencer."""
        from clerestory.jobs.dispatch import after_commit
        from clerestory.store.sequencer import listeners

        if after_commit not in listeners:
            listeners.append(after_commit)
