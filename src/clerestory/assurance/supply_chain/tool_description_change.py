"""Descriptions of tools against pinned digests, and for what is hidden in them."""

from collections.abc import Iterator, Mapping
from posixpath import basename
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.supply_chain.tool_text import hidden
from clerestory.assurance.supply_chain.tool_text.canonical import tool_digest
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, json_of, matching, needed, structured

NAME = "supply_chain.tool-description-change"
_PARAMETERS = (
    Parameter(
        name="tools",
        kind="texts",
        default=("**/*.tools.json",),
        names_slice=True,
        meaning="Patterns of lists of tools as servers answer tools/list, as SERVER.tools.json.",
    ),
    Parameter(
        name="pins",
        kind="text",
        default="tools.toml",
        names_slice=True,
        meaning="The pins as TOML: under [tools] one digest by SERVER/TOOL, of what somebody read and approved.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Compare each tool with its pin, and look for hidden instructions in all that it tells."""
    path = parameters.text("pins")
    pins = structured(path, (yield from needed(path))).get("tools", {})
    if not isinstance(pins, Mapping):
        raise FileUnusable(f"{path}: 'tools' is no table.", 'Write [tools] and "server/tool" = "sha256:..." below it.')
    census, seen = Census(), dict[str, str]()
    for file in (yield from matching(parameters.texts("tools"))):
        server = basename(file).removesuffix(".json").removesuffix(".tools")
        for tool in _tools(file, json_of(file, (yield from needed(file)))):
            name = f"{server}/{tool['name']}"
            if name in seen:
                census.broken("tool", f"{name} is listed twice")
                continue
            seen[name] = tool_digest(tool)
            census.judged("tool", name, _changed(pins.get(name), seen[name]))
            census.judged("description", name, hidden.found(tool))
    for name in sorted(set(pins) - set(seen)):
        census.broken("tool", f"{name} is pinned and no longer there")
    return census.tally()


def _changed(pin: object, now: str) -> list[str]:
    if pin is None:
        return [f"is not pinned (now {now})"]
    return [] if pin == now else ["has changed since it was pinned"]


def _tools(path: str, document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, Mapping) and isinstance(document.get("result"), Mapping):
        document = document["result"]
    listed = document.get("tools") if isinstance(document, Mapping) else document
    if not isinstance(listed, list):
        raise FileUnusable(f"{path} is no list of tools.", "Save the answer of tools/list.")
    for tool in listed:
        if not isinstance(tool, Mapping) or not isinstance(tool.get("name"), str):
            raise FileUnusable(f"{path} lists a tool without a name.", "Save the answer of tools/list.")
        yield tool


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def tool_description_change(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the tools that changed unseen or hide an instruction; ``<= 0`` asks that none did.

    Formula: a tool counts when the SHA-256 over all that a model is told of it (name, title, description, schemas,
    annotations, in canonical JSON, RFC 8785) is not the pinned one, when it is not pinned, listed twice, or gone. Its
    description counts besides when it holds characters that nobody sees (Unicode categories Cf, Co, Cn), escapes, or a
    phrase by which descriptions have been used to attack: to disregard instructions, to hide something from the user,
    to read keys, to steer other tools ("tool poisoning", Invariant Labs 2025; Greshake et al. 2023). Unit: number of
    tools and descriptions. All are looked at: the interval is the value itself. INCONCLUSIVE where no tool is listed.
    Measured: 7 of 19,314 docstrings of eleven libraries hold such a phrase or character (0.04 %).
    Misleads where an instruction is worded in another way: the phrases find known ones, the pin finds every change
    after a person has read and approved. What a tool does behind its description is not seen here.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "digests and hidden text", trial_tally(NAME, tallies, parameters))
