"""Results of tests and scanners as their tools write them: JUnit XML and SARIF, read without loading anything else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from clerestory.assurance.trial.files import FileUnusable, json_of

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Case:
    """One test: its name with its class, what came of it, when (empty: not said), and the properties it carries."""

    name: str
    outcome: str
    at: str
    properties: tuple[tuple[str, str], ...] = ()


def junit(path: str, body: bytes) -> list[Case]:
    """Return the cases of a JUnit file.

    Raises:
        FileUnusable: it is no JUnit XML, or declares entities of its own.
    """
    if _DOCTYPE.search(body):
        raise FileUnusable(f"{path} declares a document type, which JUnit has not.", "Give the file of the test tool.")
    try:
        root = ET.fromstring(body)  # noqa: S314 - a file that declares entities was refused above
    except ET.ParseError as error:
        raise FileUnusable(f"{path} is no XML: {error}.", "Give the file of the test tool.") from error
    if root.tag not in ("testsuites", "testsuite"):
        raise FileUnusable(f"{path} holds no testsuite.", "Give JUnit XML.")
    suites = list(root.iter("testsuite"))
    return [_case(case, suite) for suite in suites for case in suite.findall("testcase")]


def _case(case: ET.Element, suite: ET.Element) -> Case:
    failed = any(case.find(tag) is not None for tag in ("failure", "error"))
    outcome = FAILED if failed else SKIPPED if case.find("skipped") is not None else PASSED
    name = "::".join(part for part in (case.get("classname", ""), case.get("name", "")) if part)
    properties = tuple((str(item.get("name")), str(item.get("value"))) for item in case.findall("properties/property"))
    return Case(name, outcome, case.get("timestamp") or suite.get("timestamp") or "", properties)


def sarif_levels(path: str, body: bytes) -> Mapping[str, int]:
    """Return the number of results of a SARIF 2.1.0 file by level: error, warning, note; suppressed ones are left out.

    Raises:
        FileUnusable: it is no SARIF.
    """
    document = json_of(path, body)
    runs = document.get("runs") if isinstance(document, Mapping) else None
    if not isinstance(runs, list):
        raise FileUnusable(f"{path} holds no runs of SARIF.", "Give the SARIF file of the scanner.")
    if not runs or not all(isinstance(run, Mapping) and isinstance(run.get("results"), list) for run in runs):
        raise FileUnusable(f"{path} holds a run without results: nothing was scanned.", "Let the scanner finish.")
    if any(item.get("executionSuccessful") is False for run in runs for item in run.get("invocations") or ()):
        raise FileUnusable(f"{path} is of a scan that did not end well.", "Let the scanner finish.")
    found = {"error": 0, "warning": 0, "note": 0}
    for run in runs:
        for result in run.get("results") or ():
            if not _suppressed(result):
                level = str(result.get("level") or _default_level(run, result))
                if level != "none":
                    found[level if level in found else "error"] += 1
    return found


def _suppressed(result: Mapping[str, Any]) -> bool:
    """Return whether a result is suppressed: one suppression that is refused or under review leaves it standing."""
    given = result.get("suppressions") or ()
    return bool(given) and all(item.get("status", "accepted") == "accepted" for item in given)


def _default_level(run: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return the level that the rule of a result sets, ``warning`` where it sets none."""
    rules = ((run.get("tool") or {}).get("driver") or {}).get("rules") or ()
    wanted, at = result.get("ruleId"), result.get("ruleIndex")
    named = [rule for rule in rules if rule.get("id") == wanted]
    rule = named[0] if named else rules[at] if isinstance(at, int) and 0 <= at < len(rules) else {}
    return str((rule.get("defaultConfiguration") or {}).get("level") or "warning")
