"""What can be wrong with data that should be read, in one error that names the source."""

import contextlib
from collections.abc import Iterator

from clerestory.terms.error import ClerestoryError


class SourceUnreadable(ClerestoryError):
    """The data is missing, empty, cut off or not what its name says."""


@contextlib.contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn what Polars says of broken files into a `SourceUnreadable` that names the source."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise SourceUnreadable(
            f"{name} cannot be read as a table: {first_line(error)}.",
            "Write the file again from its source; an empty or cut-off file cannot be used.",
        ) from error


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, without its full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
