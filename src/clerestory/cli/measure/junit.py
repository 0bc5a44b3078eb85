"""A run as JUnit XML, which CI systems read: a failed criterion is a failure, an inconclusive one is skipped."""

from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from clerestory.intake.result import Result, Run


def junit_document(run: "Run") -> bytes:
    """Return the XML document of a run."""
    verdicts = [result.verdict for result in run.results]
    counts = {
        "tests": len(verdicts),
        "failures": verdicts.count("FAIL"),  # type: ignore[arg-type]
        "errors": verdicts.count(None),
        "skipped": verdicts.count("INCONCLUSIVE"),
    }  # type: ignore[arg-type]
    attributes = {key: str(count) for key, count in counts.items()}
    suites = ElementTree.Element("testsuites", attributes)
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        name=run.manifest.system.id,
        timestamp=run.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
        time=f"{(run.ended_at - run.started_at).total_seconds():.3f}",
        **attributes,
    )
    for result in run.results:
        _case(suite, result)
    return bytes(ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True))


def _case(suite: ElementTree.Element, result: "Result") -> None:
    name = f"{result.name} {result.declared.criterion}" + (f" ({result.slice})" if result.slice else "")
    case = ElementTree.SubElement(suite, "testcase", classname=result.declared.check.family, name=name, time="0")
    found = result.measurement
    text = (
        ""
        if found is None or found.value is None
        else f"{found.value:.6g} in [{found.low:.6g}, {found.high:.6g}], n={found.n}"
    )
    message = "; ".join(part for part in (result.reason, text) if part)
    if result.verdict is None:
        ElementTree.SubElement(case, "error", type="could_not_run", message=message)
    elif result.verdict != "PASS":
        tag = "failure" if result.verdict == "FAIL" else "skipped"
        ElementTree.SubElement(case, tag, message=f"{result.declared.criterion}: {message}")
