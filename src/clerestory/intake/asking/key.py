"""The key of an endpoint: the manifest names the environment variable that holds it, never the key itself."""

import os

from clerestory.intake.asking.endpoint import EndpointUnusable


def bearer(variable: str | None) -> dict[str, str]:
    """Return the header with the key of a variable; none where no variable is named.

    Raises:
        EndpointUnusable: the variable is not set, or what it holds can stand in no header.
    """
    if variable is None:
        return {}
    # house: allow no-environment: a secret of the user's own endpoint, which no file of ours may hold
    key = os.environ.get(variable, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise EndpointUnusable(
            f"The environment variable {variable} holds no key.", f"Set it before the run: export {variable}=..."
        )
    return {"Authorization": f"Bearer {key}"}
