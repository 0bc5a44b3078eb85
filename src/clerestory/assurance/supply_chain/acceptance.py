"""What somebody answered for: findings that are not counted, each with its reason and shown with their number."""

from collections.abc import Mapping

from clerestory.assurance.parameter import Parameters
from clerestory.assurance.parameter_kind import ParameterRefused

KEY = "accepted"


def accepted(check: str, parameters: Parameters) -> Mapping[str, str]:
    """Return the reason of each accepted finding by its name, as ``accepted`` gives them: "name: reason".

    Raises:
        ParameterRefused: one has no reason.
    """
    found = {}
    for line in parameters.texts(KEY) if KEY in parameters else ():
        name, _, reason = line.partition(": ")
        if not reason.strip():
            raise ParameterRefused(
                f"{check}: {KEY} names {line!r} without a reason.", f'Write "{name.strip(": ")}: why it is accepted".'
            )
        found[name.strip()] = reason.strip()
    return found
