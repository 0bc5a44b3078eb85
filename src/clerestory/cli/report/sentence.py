"""What a check found, in one sentence: the same in every form of a run."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clerestory.intake.result import Result


def sentence(result: "Result") -> str:
    """Say in one sentence what a check found: value, interval, n, limit, and why it could not say more."""
    found = result.measurement
    limit = f"criterion {result.declared.criterion} ({result.declared.source})"
    if found is None or found.value is None:
        return f"{result.name}: {result.reason or 'nothing was measured'}; {limit}."
    reason = f"; {result.reason}" if result.reason else ""
    return f"{result.name} is {found.value:.6g} in [{found.low:.6g}, {found.high:.6g}], n = {found.n}; {limit}{reason}."
