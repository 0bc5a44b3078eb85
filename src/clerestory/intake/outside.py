"""What a manifest would have run or called outside of this process; a server does neither for whoever wrote a file."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from clerestory.assurance.registry import find
from clerestory.intake.manifest import Manifest
from clerestory.terms.error import ClerestoryError

REMEDY = "Run it where the model lives, in a pipeline, and push the run; or give data that holds the scores."


class OutsideRefused(ClerestoryError):
    """A manifest on a server asks for code to be run or for an address to be called."""


def asked_for(manifest: Manifest) -> frozenset[str]:
    """Return what the checks of a manifest ask: model, language_model, agent."""
    named = [find(table.name) for table in manifest.checks]
    return frozenset(need for check in named for need in (*check.needs, *check.asks))


def refuse_outside(manifest: Manifest, opened: tuple[str, ...] = ()) -> None:
    """Refuse a manifest whose run would start its code, open its pickle or call its address.

    ``opened``: databases and buckets that whoever runs the server lets monitors read.

    Raises:
        OutsideRefused: naming the table and key.
    """
    for table, key in _named(manifest, opened):
        raise OutsideRefused(f"{manifest.where(table, key)}: a server neither runs nor calls it.", REMEDY)


def is_opened(location: str, opened: tuple[str, ...]) -> bool:
    """Tell whether an address is one that was opened: that very database, or that bucket and what lies below.

    Whoever asks may name the user and the table, and nothing that leads elsewhere: no host or option behind ``?``.
    """
    said = urlsplit(location)
    if said.query or "?" in location or "\\" in location or ".." in said.path.split("/"):
        return False
    place = f"{said.scheme}://{said.netloc.rpartition('@')[2]}{said.path}"
    for one in opened:
        if said.scheme == "s3" and (place == one or place.startswith(one.rstrip("/") + "/")):
            return "@" not in said.netloc
        if said.scheme in ("postgresql", "postgres") and place == one:
            return True
    return False


def _named(manifest: Manifest, opened: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    wanted, data = asked_for(manifest), manifest.data
    for key, location in (("current", data.current), ("reference", data.reference)):
        apart = location is not None and "://" in location and not location.startswith(("duckdb:", "delta+file:"))
        if location is not None and apart and not is_opened(location, opened):
            yield "data", key
    before = None if manifest.previous is None else manifest.previous.model
    for table, model in (("model", manifest.model), ("model.previous", before)):
        if model is None or "model" not in wanted:
            continue
        if model.url is not None:
            yield table, "url"
        elif model.entry is not None or model.allow_pickle:
            yield table, "entry" if model.entry is not None else "allow_pickle"
    if manifest.language_model is not None and "language_model" in wanted:
        yield "language_model", "entry" if manifest.language_model.entry is not None else "url"
    if manifest.agent is not None and "agent" in wanted:
        yield "agent", "entry" if manifest.agent.entry is not None else "url"
