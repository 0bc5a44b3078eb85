"""The table [agent] of a manifest: how the place is reached where an agent's acts are allowed or denied."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from clerestory.intake.manifest.section import Place, Section

LONGEST_S = 600
_ENTRY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_URL_ONLY = ("key_env", "requests_per_minute", "retries")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTable:
    """What [agent] says: a Python function beside the manifest or an HTTP endpoint that decides on acts.

    ``key_env`` names the environment variable that holds the key of the endpoint.
    """

    entry: str | None = None
    url: str | None = None
    key_env: str | None = None
    timeout_s: int = 30
    retries: int = 2
    requests_per_minute: int | None = None


def read_agent(place: Place, values: object) -> AgentTable:
    """Read [agent].

    Raises:
        ManifestUnusable: a key is unknown, of a wrong type, or contradicts another; or there is no way to ask.
    """
    section = Section(place, "agent", values)
    per_minute = section.whole("requests_per_minute", 0, least=1)
    table = AgentTable(
        entry=section.text_or_none("entry"),
        url=section.text_or_none("url"),
        key_env=section.text_or_none("key_env"),
        timeout_s=section.whole("timeout_s", 30, least=1),
        retries=section.whole("retries", 2, least=0),
        requests_per_minute=per_minute or None,
    )
    section.close()
    _require_one_way(section, table)
    _require_values(section, table)
    return table


def _require_one_way(section: Section, table: AgentTable) -> None:
    if (table.url is None) == (table.entry is None):
        which = "both" if table.url else "neither"
        raise section.error(
            "url",
            f"[agent] has {which} of entry and url",
            'Give entry = "module:function" beside the manifest, or url = "https://host/decide".',
        )
    default = AgentTable()
    for key in _URL_ONLY:
        if table.entry is not None and getattr(table, key) != getattr(default, key):
            raise section.error(key, f"[agent] {key} does not go with entry", f"Remove {key}, or give url.")


def _require_values(section: Section, table: AgentTable) -> None:
    if table.entry is not None and not _ENTRY.fullmatch(table.entry):
        raise section.error(
            "entry", f"[agent] entry is {table.entry!r}", 'Write it as "module:function", beside the manifest.'
        )
    if table.key_env is not None and not _VARIABLE.fullmatch(table.key_env):
        # Not shown: who writes something else here has often written the key itself.
        raise section.error(
            "key_env",
            "[agent] key_env is no name of an environment variable",
            "Put the key into a variable and write the variable's name here; a key never stands in a manifest.",
        )
    if table.timeout_s > LONGEST_S:
        raise section.error("timeout_s", f"[agent] timeout_s is {table.timeout_s}", f"Give {LONGEST_S} at most.")
    if table.url is not None and not _is_address(table.url):
        raise section.error(
            "url", "[agent] url is no http(s) address", 'Write it like "https://host/decide", without a password.'
        )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return fine and "@" not in url and "#" not in url
