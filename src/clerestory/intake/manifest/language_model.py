"""The tables [language_model] and [language_model.judge] of a manifest: how a language model is reached."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from clerestory.intake.manifest.section import Place, Section

LONGEST_S = 600
_ENTRY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_URL_ONLY = ("model", "key_env", "requests_per_minute", "retries", "temperature", "max_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModelTable:
    """What [language_model] says: an endpoint with its model, or an entry; and the prompt that the system gives it.

    ``key_env`` names the environment variable that holds the key. ``system_prompt`` is a file, as written.
    """

    url: str | None = None
    model: str | None = None
    key_env: str | None = None
    entry: str | None = None
    system_prompt: str | None = None
    requests_per_minute: int | None = None
    timeout_s: int = 60
    retries: int = 3
    temperature: float | None = None
    max_tokens: int | None = None
    judge: "LanguageModelTable | None" = None


def read_language_model(place: Place, values: object) -> LanguageModelTable:
    """Read [language_model] with the judge below it.

    Raises:
        ManifestUnusable: a key is missing, unknown, of a wrong type, or contradicts another.
    """
    section = Section(place, "language_model", values)
    below = section.table_or_none("judge")
    judge = None if below is None else _table(Section(place, "language_model.judge", below), None)
    return _table(section, judge)


def _table(section: Section, judge: LanguageModelTable | None) -> LanguageModelTable:
    per_minute = section.whole("requests_per_minute", 0, least=1)
    tokens = section.whole("max_tokens", 0, least=1)
    table = LanguageModelTable(
        url=section.text_or_none("url"),
        model=section.text_or_none("model"),
        key_env=section.text_or_none("key_env"),
        entry=section.text_or_none("entry"),
        system_prompt=section.text_or_none("system_prompt"),
        requests_per_minute=per_minute or None,
        timeout_s=section.whole("timeout_s", 60, least=1),
        retries=section.whole("retries", 3, least=0),
        temperature=_temperature(section),
        max_tokens=tokens or None,
        judge=judge,
    )
    section.close()
    _require_one_way(section, table)
    _require_values(section, table)
    return table


def _temperature(section: Section) -> float | None:
    value = section.plain("temperature")
    if value is None:
        return None
    if isinstance(value, bool | str) or not 0 <= value <= 2:
        raise section.error("temperature", f"[{section.table}] temperature is {value!r}", "Give a number from 0 to 2.")
    return float(value)


def _require_one_way(section: Section, table: LanguageModelTable) -> None:
    """Refuse a model that is reached in no way or in two."""
    if (table.url is None) == (table.entry is None):
        which = "both" if table.url else "neither"
        raise section.error(
            "url",
            f"[{section.table}] has {which} of url and entry",
            'Give url = "https://host/v1" of an endpoint, or entry = "module:function".',
        )
    if table.url is not None and table.model is None:
        raise section.error(
            "url", f"[{section.table}] has a url and no model", 'Name it as the endpoint does: model = "...".'
        )
    if table.entry is not None:
        default = LanguageModelTable()
        for key in _URL_ONLY:
            if getattr(table, key) != getattr(default, key):
                raise section.error(
                    key, f"[{section.table}] {key} does not go with entry", f"Remove {key}, or give url."
                )


def _require_values(section: Section, table: LanguageModelTable) -> None:
    if table.entry is not None and not _ENTRY.fullmatch(table.entry):
        raise section.error(
            "entry",
            f"[{section.table}] entry is {table.entry!r}",
            'Write it as "module:function", beside the manifest.',
        )
    if table.key_env is not None and not _VARIABLE.fullmatch(table.key_env):
        # Not shown: who writes something else here has often written the key itself.
        raise section.error(
            "key_env",
            f"[{section.table}] key_env is no name of an environment variable",
            "Put the key into a variable and write the variable's name here; a key never stands in a manifest.",
        )
    if table.timeout_s > LONGEST_S:
        raise section.error(
            "timeout_s", f"[{section.table}] timeout_s is {table.timeout_s}", f"Give {LONGEST_S} at most."
        )
    if table.url is not None:
        _require_address(section, table.url)


def _require_address(section: Section, url: str) -> None:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine or "@" in url or "#" in url:
        raise section.error(
            "url",
            f"[{section.table}] url is no http(s) address",
            'Write it like "https://host/v1", without a password.',
        )
