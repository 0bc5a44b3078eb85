"""Configuration of agents: grants that let an agent do more than somebody allowed."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.supply_chain.acceptance import accepted
from clerestory.assurance.supply_chain.tool_server_pin import CONFIGURATIONS
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, matching, offered, structured

NAME = "supply_chain.agent-configuration"
_FILES = (*CONFIGURATIONS, "**/.claude/settings*.json", "**/agent*.json", "**/agent*.toml", "**/.cursor/*.json")
_PARAMETERS = (
    Parameter(
        name="files",
        kind="texts",
        default=_FILES,
        names_slice=True,
        meaning="Patterns of the agents' configurations, as JSON or TOML.",
    ),
    Parameter(
        name="accepted",
        kind="texts",
        names_slice=True,
        meaning='Grants that somebody answered for, each by its place with the reason, as "permissions.allow[0]: why".',
    ),
)
_GRANTS = re.compile(
    r"(^|[._\[])(allow(ed)?(_?tools|List)?|auto_?approve|always_?allow|grants?|scopes?|permissions?|tools)\b", re.I
)
_WIDE = re.compile(
    r"\*{1,2}|(Bash|Shell|Execute|Terminal|WebFetch|Write|Edit|mcp__\w+)(\(\s*(\*|:\*)?\s*\))?|admin|root|all", re.I
)
_UNASKED = re.compile(
    r"(dangerously_?skip_?permissions|bypass_?permissions(_mode)?|skip_?(confirm|approval)\w*|auto_?run|yolo\w*|"
    r"enable_?all_?project_?mcp_?servers|disable_?(sandbox|safety)\w*|no_?confirm\w*|trust_?all\w*)$",
    re.I,
)
_MODES = re.compile(r"bypassPermissions|dangerFullAccess|danger-full-access|full-auto|yolo|never-ask", re.I)
_SECRET_NAME = re.compile(r"(key|token|secret|password|passwd|credential|authorization|auth)s?$", re.I)
_SECRET = re.compile(
    r"(sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}|xox[abp]-[\w-]{10,}|"
    r"-----BEGIN [A-Z ]*PRIVATE KEY)"
)
_REFERENCE = re.compile(r"^(\$\{?|%|<|\{\{|env:|op://|vault:|secret:)")
_ROOTS = re.compile(r"^(/|~/?|\$HOME/?|[A-Z]:\\?|/home/?|/Users/?|/etc/?|/root/?)$")
_ARGUMENTS = re.compile(
    r"--(privileged|dangerously-[\w-]+|yolo|allow-all\b.*|no-sandbox|disable-sandbox)|.*docker\.sock.*|"
    r"--(network|net|pid|ipc)=host"
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    accepted(NAME, parameters)
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Look at every value of each configuration; each is a setting that is safe or not."""
    census = Census()
    answered = accepted(NAME, parameters)
    for path in (yield from matching(parameters.texts("files"))):
        body, why = yield from offered(path)
        try:
            document = None if body is None else structured(path, body)
        except FileUnusable as error:
            document, why = None, error.problem
        if document is None:
            census.unjudged("file", f"{path}: {why}")
            continue
        for place, value in settings(document):
            said = unsafe(place, value)
            if said and place not in answered:
                census.broken("setting", f"{path}, {place}: {said}")
                continue
            census.kept("setting")
            if said:
                census.left_out("accepted", f"{path}, {place}: {said}: {answered[place]}")
    return census.tally()


def settings(document: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield each value that is no table or list, with its place, such as ``permissions.allow[0]``."""
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend((f"{place}.{name}" if place else str(name), item) for name, item in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{place}[{at}]", item) for at, item in enumerate(value))
        else:
            yield place, value


def unsafe(place: str, value: object) -> str:
    """Return why a setting is unsafe, empty where it is not; a secret is never repeated."""
    name = re.sub(r"\[\d+\]$", "", place).rpartition(".")[2]
    if value is True:
        return "acts are carried out unasked" if _UNASKED.search(name) else ""
    if not isinstance(value, str):
        return ""
    if _MODES.fullmatch(value):
        return "acts are carried out unasked"
    if _is_secret(name, value):
        return "a secret stands in the configuration"
    denies = re.search(r"(^|\.)(deny|denied|block|forbid|disallow)", place, re.I)
    if _GRANTS.search(place) and not denies and _WIDE.fullmatch(value.strip()):
        return f"{value} is granted without limit"
    if re.search(r"\bargs\[\d+\]$|\b(roots|mounts|volumes|directories|paths)\b.*\[\d+\]$", place):
        mounted = re.split(r":(?!\\)", value)[0] if "volumes" in place or "mounts" in place else value
        if _ROOTS.fullmatch(mounted.strip()):
            return f"{mounted} is open as a whole"
        if _ARGUMENTS.fullmatch(value):
            return f"{value.split('=')[0][:40]} takes the walls away"
    return ""


def _is_secret(name: str, value: str) -> bool:
    if _REFERENCE.match(value) or not value:
        return False
    if _SECRET.search(value):
        return True
    bare = value.removeprefix("Bearer ").strip()
    return bool(_SECRET_NAME.search(name)) and len(bare) >= 16 and " " not in bare and _bits(bare) >= 3.0


def _bits(text: str) -> float:
    """Return Shannon's entropy of the characters of a text, in bits."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def agent_configuration(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the settings of agents that grant more than they should; ``<= 0`` asks that none does.

    Formula: a value counts when it switches questions off (skip permissions, full auto, trust all servers), grants
    without limit (``*``, a bare shell, admin), opens a whole disk or home, takes a container's walls away (privileged,
    the socket of the engine, host network), or is a secret written out (known forms of keys, or a value under a name
    such as token with at least 16 characters and 3 bits of entropy per character, Shannon 1948). The kinds are those of
    OWASP's "excessive agency" (LLM06, 2025). Unit: number of settings. The interval is from those counted to those plus
    files that could not be read. INCONCLUSIVE where no configuration was found.
    Measured: none of 52,408 settings of JSON files in installed libraries is taken for an unsafe grant.
    Misleads where a grant is narrow by its words and wide by what the tool does; tools are tried by agents.* checks. A
    grant that somebody answers for is named in ``accepted`` with the reason, and shown with how many there are.

    Raises:
        ParameterRefused: a grant is accepted without a reason.
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "settings against unsafe grants", trial_tally(NAME, tallies, parameters))
