"""Tool servers that an agent is configured with against those that were pinned."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.supply_chain.tool_text.canonical import server_digest
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, has_digest, matching, needed, offered, structured

NAME = "supply_chain.tool-server-pin"
CONFIGURATIONS = ("**/.mcp.json", "**/mcp.json", "**/mcp_config.json", "**/claude_desktop_config.json",
                  "**/mcp_servers.json")  # fmt: skip
_KEYS = ("mcpServers", "servers", "context_servers")
_VERSION = re.compile(r"(?:@|==)v?\d[\w.+-]*$")
_IMAGE = re.compile(r"^[\w.-]+(?:[:/][\w./-]+)+(?:[:@].*)?$|^[\w.-]+/[\w.-]+")
_LAUNCHERS = {"npx", "bunx", "pnpx", "uvx", "pipx"}
_PARAMETERS = (
    Parameter(
        name="configurations",
        kind="texts",
        default=CONFIGURATIONS,
        names_slice=True,
        meaning="Patterns of the agent's configurations: JSON with mcpServers or servers.",
    ),
    Parameter(
        name="pins",
        kind="text",
        default="servers.toml",
        names_slice=True,
        meaning="The pins as TOML: [server.NAME] with digest of its entry and, for a file it runs, file and "
        "file_digest.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Compare each configured server with its pin, and look whether what it starts can change by itself."""
    path = parameters.text("pins")
    pins = structured(path, (yield from needed(path))).get("server", {})
    if not isinstance(pins, Mapping) or not all(isinstance(pin, Mapping) for pin in pins.values()):
        raise FileUnusable(f"{path}: 'server' is no table of tables.", "Write [server.NAME] with digest below it.")
    census = Census()
    for file in (yield from matching(parameters.texts("configurations"))):
        for name, entry in servers(file, structured(file, (yield from needed(file)))):
            pin = pins.get(name, {})
            faults = _against(pin, entry) + floating(entry)
            census.judged("server", f"{file}: {name}", faults)
            if place := pin.get("file"):
                body, why = yield from offered(str(place))
                if body is None:
                    census.unjudged("file of a server", f"{name}: {place} {why}")
                else:
                    same = has_digest(body, str(pin.get("file_digest", "")))
                    census.judged("file of a server", f"{name}: {place}", [] if same else ["has another content"])
    return census.tally()


def servers(path: str, document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the servers of a configuration; raise FileUnusable where one is no table."""
    for key in _KEYS:
        found = document.get(key, {})
        if not isinstance(found, Mapping) or not all(isinstance(entry, Mapping) for entry in found.values()):
            raise FileUnusable(f"{path}: {key!r} is no table of servers.", "Write one table for each server.")
        yield from sorted(found.items())


def _against(pin: Mapping[str, Any], entry: Mapping[str, Any]) -> list[str]:
    now = server_digest(entry)
    if not pin.get("digest"):
        return [f"is not pinned (now {now})"]
    return [] if pin["digest"] == now else ["is started in another way than was pinned"]


def floating(entry: Mapping[str, Any]) -> list[str]:
    """Return why what an entry starts or reaches may be another thing tomorrow, or be changed on the way."""
    address = entry.get("url") or entry.get("serverUrl")
    if isinstance(address, str):
        local = re.match(r"http://(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)", address)
        return [] if address.startswith("https://") or local else ["is reached without encryption"]
    command = str(entry.get("command", "")).rsplit("/", 1)[-1].removesuffix(".exe").removesuffix(".cmd")
    given = entry.get("args")
    words = [str(word) for word in given] if isinstance(given, list) else []
    if command in _LAUNCHERS:
        package = next((w for w in words if not w.startswith("-") and w not in ("run", "dlx", "exec")), "")
        return (
            []
            if _VERSION.search(package) or package.startswith((".", "/"))
            else [f"{package or command} has no version"]
        )
    if command in ("docker", "podman"):
        image = next((word for word in reversed(words) if _IMAGE.match(word) and "=" not in word), "")
        return [] if "@sha256:" in image else [f"image {image or '(none)'} has no digest"]
    return []


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def tool_server_pin(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the configured tool servers that are not those pinned; ``<= 0`` asks that all are.

    Formula: a server of the Model Context Protocol counts when the SHA-256 of its entry (canonical JSON, RFC 8785; of
    environment and headers the names only) is not the pinned one, when it is not pinned, when what it starts has no
    version (npx, uvx, pipx) or no digest (containers), or when it is reached without encryption; a file that it runs
    counts when its digest is another (supply chain levels of OpenSSF SLSA 1.0, 2023, ask for the same of builds). Unit:
    number of servers and files. The interval is from those counted to those plus pinned files that are not there.
    INCONCLUSIVE where no server is configured.
    Misleads where a server of one version loads more when it runs: pin the file that it runs, and its tools' texts with
    supply_chain.tool-description-change.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "digest of the entry, version of the start", trial_tally(NAME, tallies, parameters))
