"""What turned out true, read from the column of a trial's table: yes, no, or not known yet."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clerestory.assurance.parameter_kind import ParameterRefused
from clerestory.assurance.tally import value_text

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Truth:
    """Per row whether it is known and whether it is yes; what is not known is not yes."""

    yes: Flags
    known: Flags


def read_truth(check: str, values: npt.NDArray[np.generic], positive: str | None, *, called: str = "label") -> Truth:
    """Read a column as yes and no, as `tally.Event` does: the value that is ``positive``, else true or 1.

    Raises:
        ParameterRefused: without ``positive`` the column holds something else than true and false or 1 and 0.
    """
    texts = [value_text(value) for value in values.tolist()]
    known = np.array([value is not None and value == value for value in values.tolist()], dtype=np.bool_)
    if positive is not None:
        yes = np.array([text == positive for text in texts], dtype=np.bool_)
        return Truth(yes & known, known)
    named = np.array([text in ("true", "1") for text in texts], dtype=np.bool_)
    other = {text for text, sure in zip(texts, known.tolist(), strict=True) if sure} - {"true", "1", "false", "0"}
    if other:
        raise ParameterRefused(
            f"{check}: the {called} holds {sorted(other)[0]!r}, which is neither yes nor no.",
            f"Say in [data] which value of the {called} means yes.",
        )
    return Truth(named & known, known)
