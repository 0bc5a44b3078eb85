"""Files that were hashed again against the inventory: registered data, and the model that a person released.

A file counts as registered when it was before a person last set the monitor up or changed it: what a run registers by
itself afterwards makes nothing right. What passed once must not become another registered file either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clerestory.desk.actor import Actor
from clerestory.intake.receive.admission import registrar
from clerestory.intake.run import tool_version
from clerestory.intake.watch.files import DATA, MODEL, FileFound
from clerestory.intake.watch.receive import CHECK, CRITERION, Compared, receive_rehash
from clerestory.registers.inventory.queries import InventoryUnknown, dataset_version, model_version, models_of
from clerestory.registers.inventory.rules import ModelStatus
from clerestory.registers.monitoring.commands import Came
from clerestory.registers.monitoring.queries import Order, found_before
from clerestory.registers.monitoring.rules import CheckResult, Outcome
from clerestory.terms.moment import Period

MOST_VERSIONS = 1_000


@dataclass(frozen=True, slots=True)
class _Known:
    """The inventory as a comparison asks it."""

    actor: Actor
    order: Order
    before: Mapping[str, str]

    def fault(self, found: FileFound) -> tuple[str, str]:
        """Return what is wrong with a file, and why it cannot be judged; both empty where it is as it should be."""
        short = f"{found.digest[:19]}…"
        registered_at = self._registered_at(found)
        if registered_at is None:
            return f"has the content {short}, which is not registered", ""
        if registered_at > self.order.confirmed_at:
            since = f"{self.order.confirmed_at:%Y-%m-%d %H:%M} UTC"
            return f"is {found.version_id}, registered after a person last confirmed this monitor ({since})", ""
        was = self.before.get(found.location)
        if was is not None and was != found.digest:
            return f"has the content {short}; when it passed it had {was[:19]}…", ""
        return self._release(found) if found.what == MODEL else ("", "")

    def _registered_at(self, found: FileFound) -> datetime | None:
        try:
            if found.what == MODEL:
                model = model_version(self.actor, found.version_id)
                return model.registered_at if model.model.artefact_digest == found.digest else None
            data = dataset_version(self.actor, found.version_id)
            return data.registered_at if data.dataset.content_digest == found.digest else None
        except InventoryUnknown:
            return None

    def _release(self, found: FileFound) -> tuple[str, str]:
        versions = models_of(self.actor, self.order.monitor.system_id, MOST_VERSIONS)
        released = [one.model.version_id for one in versions if one.model.status is ModelStatus.RELEASED]
        if found.version_id in released:
            return "", ""
        if not released:
            return "", "no version of the model is released, so nothing says which should lie there"
        return f"is {found.version_id}, and released is {', '.join(released[:3])}", ""


def came_of(order: Order, machine: Actor, said: Mapping[str, Any], observed: Period, now: datetime) -> Came:
    """Compare what was hashed with the inventory and keep the result, in the caller's transaction.

    A file that could not be read keeps the run from passing: it could not run, unless another file is wrong.
    """
    files = [FileFound(**one) for one in said["files"]]
    missing = [one for one in files if one.problem]
    known = _Known(registrar(machine), order, found_before(order))
    compared = [_compared(known, one) for one in files if not one.problem]
    counted = {"files": [{"location": one.location, "digest": one.digest} for one in files]}
    model = next((one.digest for one in files if one.what == MODEL and one.digest), "")
    reason = "; ".join(f"{one.location}: {one.problem}" for one in missing)
    if not files or (missing and not any(one.fault for one in compared)):
        return Came(
            outcome=Outcome.COULD_NOT_RUN, reason=reason or "The manifest names no file.", counted=counted,
            model_digest=model,
        )  # fmt: skip
    every = [*compared, *(_unread(one) for one in missing)]
    result = _kept(order, machine, every, said["manifest_digest"], observed, now)
    return Came(outcome=Outcome(result.verdict), reason=reason, results=(result,), counted=counted, model_digest=model)


def _compared(known: _Known, found: FileFound) -> Compared:
    fault, unjudged = known.fault(found)
    return Compared(kind=_kind(found), location=found.location, digest=found.digest, fault=fault, unjudged=unjudged)


def _unread(found: FileFound) -> Compared:
    return Compared(kind=_kind(found), location=found.location, digest="", unjudged=found.problem)


def _kind(found: FileFound) -> str:
    return f"{found.role} data" if found.what == DATA else "model"


def _kept(
    order: Order, machine: Actor, compared: Sequence[Compared], manifest_digest: str, observed: Period, now: datetime
) -> CheckResult:
    kept = receive_rehash(
        compared,
        actor=machine,
        system_id=order.monitor.system_id,
        manifest_digest=manifest_digest,
        tool=("clerestory", tool_version()),
        run_id=order.run_id,
        observed=observed,
        now=now,
    )
    found = kept.measurement
    return CheckResult(
        name=CHECK,
        slice="inventory",
        criterion=CRITERION,
        verdict=str(kept.verdict),
        value=found.value,
        low=found.low,
        high=found.high,
        n=found.n,
        reason=kept.reason,
        entry_id=kept.entry_id,
    )
