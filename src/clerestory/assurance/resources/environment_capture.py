"""The environment of a run, as captured, against its description: libraries, system and hardware."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, json_of, matching, needed, structured, text_of
from clerestory.assurance.trial.version import satisfies

NAME = "resources.environment-capture"
_FROZEN = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:===?)\s*([^\s;#]+)")
_PARAMETERS = (
    Parameter(
        name="description",
        kind="text",
        default="environment.toml",
        names_slice=True,
        meaning='The description as TOML or JSON: [environment] with what must be (python = ">=3.11,<3.12", os = '
        '"Linux", '
        "image = its digest; a number with _min or _max is a limit) and [libraries] with a version or range by name.",
    ),
    Parameter(
        name="captured",
        kind="texts",
        default=("captured/*.json", "captured/*.txt"),
        names_slice=True,
        meaning="Patterns of what the run captured: the output of pip freeze or pip inspect, or JSON with the keys of "
        "the description.",
    ),
    Parameter(
        name="closed",
        kind="flag",
        default=False,
        names_slice=True,
        meaning="Count libraries that were there and are not described.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Hold each described setting and library against what was captured."""
    path = parameters.text("description")
    document = structured(path, (yield from needed(path)))
    settings, libraries = (_table(path, document, key) for key in ("environment", "libraries"))
    if not settings and not libraries:
        raise FileUnusable(f"{path} describes nothing.", "Write [environment] and [libraries].")
    found: dict[str, Any] = {}
    installed: dict[str, str] = {}
    for file in (yield from matching(parameters.texts("captured"))):
        system, versions = _captured(file, (yield from needed(file)))
        found.update(system)
        installed.update(versions)
    census = Census()
    if found or installed:
        for key, wanted in settings.items():
            _setting(key, wanted, found, census)
        for name, wanted in libraries.items():
            _library(name, str(wanted), installed, census)
    if parameters.flag("closed"):
        for name in sorted(set(installed) - {_plain(name) for name in libraries}):
            census.broken("library", f"{name} {installed[name]} is not described")
    census.note("libraries captured", str(len(installed)))
    return census.tally()


def _table(path: str, document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key, {})
    if not isinstance(found, Mapping):
        raise FileUnusable(f"{path}: {key!r} is no table.", f"Write [{key}].")
    return found


def _captured(path: str, body: bytes) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    if not path.endswith(".json"):
        return {}, dict(_frozen(text_of(path, body)))
    document = json_of(path, body)
    if not isinstance(document, Mapping):
        raise FileUnusable(f"{path} holds no table at its top.", "Save the output of pip inspect.")
    if isinstance(document.get("installed"), list):
        said = document.get("environment") or {}
        named = {"python": "python_full_version", "os": "platform_system", "architecture": "platform_machine"}
        system = {key: said[other] for key, other in named.items() if other in said}
        about = [item.get("metadata") or {} for item in document["installed"]]
        return system, {_plain(str(item.get("name"))): str(item.get("version")) for item in about}
    versions = _table(path, document, "libraries")
    inner = document.get("environment")
    if isinstance(inner, Mapping):
        document = inner
    system = {key: item for key, item in document.items() if key != "libraries"}
    return system, {_plain(name): str(version) for name, version in versions.items()}


def _frozen(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if match := _FROZEN.match(line):
            yield _plain(match[1]), match[2]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _setting(key: str, wanted: object, found: Mapping[str, Any], census: Census) -> None:
    """Compare one setting: a range of versions, a limit of a number, or the text itself."""
    limit = re.fullmatch(r"(.+)_(min|max)", key)
    name = limit[1] if limit else key
    have = found.get(name)
    if have is None:
        census.unjudged("setting", f"{name} was not captured")
        return
    if limit:
        numbers = [item for item in (have, wanted) if isinstance(item, int | float) and not isinstance(item, bool)]
        if len(numbers) < 2:
            census.unjudged("setting", f"{name} is {have!r}, which is no number")
            return
        right: bool | None = numbers[0] >= numbers[1] if limit[2] == "min" else numbers[0] <= numbers[1]
    elif isinstance(wanted, str) and re.match(r"\s*(===?|!=|~=|<=?|>=?)", wanted):
        right = satisfies(str(have), wanted)
    else:
        right = have == wanted or str(have).lower() == str(wanted).lower()
    if right is None:
        census.unjudged("setting", f"{name} {have} cannot be compared with {wanted}")
    else:
        census.judged("setting", name, [] if right else [f"is {have}, described as {wanted}"])


def _library(name: str, wanted: str, installed: Mapping[str, str], census: Census) -> None:
    have = installed.get(_plain(name))
    if not installed:
        census.unjudged("library", f"{name}: no libraries were captured")
    elif have is None:
        census.broken("library", f"{name} was not there")
    else:
        right = satisfies(have, wanted)
        if right is None:
            census.unjudged("library", f"{name} {have} cannot be compared with {wanted}")
        else:
            census.judged("library", name, [] if right else [f"is {have}, described as {wanted}"])


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def environment_capture(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count where the environment of a run was another than described; ``<= 0`` asks that it was nowhere.

    Formula: each described library counts when it was not there or of a version outside the range (PEP 440), each
    setting (interpreter, system, image, processors, memory) when it was another or outside its limit, and with
    ``closed`` each library that is not described. What was captured comes of the run itself: pip freeze, pip inspect or
    a file with the same keys. Other libraries give other numbers from the same code (Pham et al. 2020). Unit: number of
    libraries and settings. The interval is from those counted to those plus what was not captured or cannot be
    compared. INCONCLUSIVE where nothing was captured.
    Misleads where the file was captured elsewhere than the run: sign it together with the run's results.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "captured against described", trial_tally(NAME, tallies, parameters))
