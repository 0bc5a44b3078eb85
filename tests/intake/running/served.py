"""A deployment of the credit system with its log of requests and its monitor, measured and pushed."""

from datetime import timedelta

from clerestory.intake.manifest import read
from clerestory.intake.run import run_check
from clerestory.ledger.canonical import decode
from clerestory.terms.evidence import Subject
from clerestory.terms.moment import moment_text
from tests.intake.loans import MANIFEST, write
from tests.organisation import NOW

HEAD = MANIFEST.split("[[check]]")[0]
LIVE = HEAD.replace('role = "test"', 'role = "production"')
DEPLOYMENT = '\n[deployment]\nid = "branch-offices"\nstarted_at = 2026-10-01T08:00:00Z\n'
SERVICE = """
[[check]]
name = "operation.availability"
criterion = "<= 0.02"
source = "own error budget"
"""
ALIVE = """
[[check]]
name = "operation.monitor-coverage"
criterion = "<= 0"
source = "own rule"
"""
SUBJECT = Subject("deployment", "credit-scoring/branch-offices")


def requests(failed: int, *, age: timedelta = timedelta(hours=2)) -> str:
    """Write a log of 1,000 requests."""
    rows = [f"{moment_text(NOW - age)},{'503' if at < failed else '200'},0.1" for at in range(1000)]
    return "\n".join(["at,status,seconds", *rows]) + "\n"


def pushed(folder, manifest: str, *, failed: int = 0, age: timedelta = timedelta(hours=2), now=NOW):
    """Run the manifest over a log of requests and return the push file."""
    write(folder, manifest=manifest)
    (folder / "requests.csv").write_text(requests(failed, age=age), encoding="utf-8")
    (folder / "monitors.toml").write_text('[[monitor]]\nname = "drift"\nevery = "P7D"\n', encoding="utf-8")
    ran = f"monitor,ran_at,outcome\ndrift,{moment_text(NOW - age)},PASS\n"
    (folder / "monitor_runs.csv").write_text(ran, encoding="utf-8")
    run = run_check(read(folder), now=lambda: now)
    assert [result.reason for result in run.results if result.verdict is None] == []
    return decode(run.body())
