"""Asks the service behind [model] with requests as they stand, broken ones too: answers `assurance.trial.Probe`."""

import time
from collections.abc import Callable

from clerestory.assurance.trial import Probe, Probed, Unanswered
from clerestory.intake.asking.endpoint import Endpoint, RequestRefused
from clerestory.intake.asking.entry import Entry
from clerestory.intake.asking.key import bearer
from clerestory.intake.manifest import Manifest

REFUSED = ("refused", "fallback")
"""Keys by which an answer says that it is a declared refusal or fallback."""


class Prober:
    """One service. A 4xx and an answer that says ``refused`` or ``fallback`` are declared refusals; asked once each."""

    def __init__(self, outside: Entry | Endpoint, clock: Callable[[], float] = time.perf_counter) -> None:
        self._outside, self._clock = outside, clock

    def __call__(self, move: Probe) -> Probed:
        """Send a request and tell what came of it."""
        began = self._clock()
        try:
            said = self._outside.ask(move.document)
        except RequestRefused:
            return Probed("refused", self._clock() - began)
        except Unanswered:
            return Probed("failed", self._clock() - began)
        declared = isinstance(said, dict) and any(said.get(key) for key in REFUSED)
        return Probed("refused" if declared else "answered", self._clock() - began)


def prober(manifest: Manifest) -> Prober | None:
    """Return how the service of a manifest is probed; None where no check asks for it, or its model is a file alone.

    Raises:
        EntryUnusable, EndpointUnusable: it cannot be asked.
    """
    table = manifest.model
    if table is None or not any(check.parameters.get("inject") for check in manifest.checks):
        return None
    if table.url is not None:
        headers = bearer(table.key_env)
        outside = Endpoint(
            table.url, headers, timeout_s=table.timeout_s, retries=0, per_minute=table.requests_per_minute
        )
        return Prober(outside)
    return None if table.entry is None else Prober(Entry(manifest.folder, table.entry, timeout_s=table.timeout_s))
