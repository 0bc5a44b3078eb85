"""A run as JUnit XML, which CI systems read: a failed criterion is a failure, an inconclusive one is skipped."""

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from clerestory.terms.status import Verdict

if TYPE_CHECKING:
    from clerestory.intake.result import Result, Run


def junit_document(run: "Run") -> bytes:
    """Return the XML document of a run."""
    verdicts = [result.verdict for result in run.results]
    counts = {
        "tests": len(verdicts),
        "failures": verdicts.count(Verdict.FAIL),
        "errors": verdicts.count(None),
        "skipped": verdicts.count(Verdict.INCONCLUSIVE),
    }
    attributes = {key: str(count) for key, count in counts.items()}
    suites = ET.Element("testsuites", dict(attributes))
    attributes |= {
        "name": run.manifest.system.id,
        "timestamp": run.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
        "time": f"{(run.ended_at - run.started_at).total_seconds():.3f}",
    }
    suite = ET.SubElement(suites, "testsuite", attributes)
    for result in run.results:
        _case(suite, result)
    return bytes(ET.tostring(suites, encoding="utf-8", xml_declaration=True))


def _case(suite: ET.Element, result: "Result") -> None:
    name = f"{result.name} {result.declared.criterion}" + (f" ({result.slice})" if result.slice else "")
    case = ET.SubElement(suite, "testcase", classname=result.declared.check.family, name=name, time="0")
    found = result.measurement
    text = (
        ""
        if found is None or found.value is None
        else f"{found.value:.6g} in [{found.low:.6g}, {found.high:.6g}], n={found.n}"
    )
    message = "; ".join(part for part in (result.reason, text) if part)
    if result.verdict is None:
        ET.SubElement(case, "error", type="could_not_run", message=message)
    elif result.verdict != "PASS":
        tag = "failure" if result.verdict == "FAIL" else "skipped"
        ET.SubElement(case, tag, message=f"{result.declared.criterion}: {message}")
