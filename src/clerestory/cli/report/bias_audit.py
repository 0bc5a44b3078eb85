"""A run as the page that Local Law 144 of New York City wants published: what is declared apart from what is found.

Rules of the City of New York, title 6: what is computed (5-301), on which data (5-302), what is published (5-303).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TYPE_CHECKING

from clerestory.assurance.fairness.bias_audit import (
    CALCULATED,
    EXCLUDED,
    Category,
    Part,
    assessed_without_result,
    audited,
)
from clerestory.assurance.fairness.impact_ratio import FOUR_FIFTHS, rate_of
from clerestory.assurance.tally import MISSING
from clerestory.cli.report import plot
from clerestory.cli.report.markup import figure, table, whole_page
from clerestory.cli.report.page import origin, verdict_mark
from clerestory.cli.report.sentence import sentence
from clerestory.terms.error import ClerestoryError

if TYPE_CHECKING:
    from clerestory.intake.manifest.bias_audit import BiasAuditTable
    from clerestory.intake.result import Result, Run

NAME = "fairness.selection-rate-ratio"
NO_ADVICE = (
    "Not legal advice. Whether the law applies, whether the tool was audited by somebody who is independent, and "
    "whether this page is enough is for the employer and its counsel to say."
)
UNDECLARED = "not declared: as it stands this is no bias audit in the sense of the law"
_WORDS = {"selection": ("Selected", "Selection rate"), "scoring": ("Scored above the median", "Scoring rate")}


class AuditImpossible(ClerestoryError):
    """The manifest or the run does not hold what a bias audit publishes."""


@dataclass(frozen=True, slots=True)
class Audit:
    """One result with its tables: sex, race or ethnicity, and the intersection of the two, in that order."""

    result: "Result"
    rate: str
    parts: tuple[Part, ...]
    without_result: int

    @property
    def assessed(self) -> int:
        """Everybody whom the tool assessed, unknown categories included."""
        return sum(item.assessed for item in self.parts[-1].categories)

    def title(self, part: Part) -> str:
        """Return what a table is about."""
        if len(part.features) > 1:
            return "Intersectional categories"
        return "Sex categories" if part is self.parts[0] else "Race/ethnicity categories"


def declared(run: "Run") -> "BiasAuditTable":
    """Return what the manifest declares of the audit.

    Raises:
        AuditImpossible: there is no [bias_audit], or its day is yet to come.
    """
    said = run.manifest.bias_audit
    if said is None:
        raise AuditImpossible(
            f"{run.manifest.file} declares no bias audit.",
            "Add [bias_audit] with sex, race_ethnicity, data, source, audited_on and distributed_on.",
        )
    if said.audited_on > run.started_at.date():
        raise AuditImpossible(f"{said.where} audited_on is yet to come.", "Give the day on which the audit was made.")
    return said


def audits(run: "Run") -> tuple[Audit, ...]:
    """Return the tables of each result that belongs to the audit.

    Raises:
        AuditImpossible: no check counts what is published, one could not run, or it compares other columns.
    """
    said = declared(run)
    results = [result for result in run.results if result.name == NAME]
    if not results:
        raise AuditImpossible(
            f"{run.manifest.file} has no check {NAME}, and nothing to publish.", f'Add [[check]] name = "{NAME}".'
        )
    return tuple(_audit(run, result, said) for result in results)


def _audit(run: "Run", result: "Result", said: "BiasAuditTable") -> Audit:
    if result.measurement is None:
        raise AuditImpossible(f"{NAME} could not run: {result.reason}", "Correct what it names, and run it again.")
    parameters = result.declared.parameters
    columns = (said.sex, said.race_ethnicity)
    compared = parameters.texts("sensitive_features")
    if set(compared) != set(columns) or not parameters.flag("intersections"):
        raise AuditImpossible(
            f"{NAME} compares {', '.join(compared)}; the audit is about {', '.join(columns)} and their intersection.",
            f'Give the check sensitive_features = ["{said.sex}", "{said.race_ethnicity}"] and intersections = true.',
        )
    found = {part.features: part for part in audited(run.tallies, parameters)}
    parts = (found[(said.sex,)], found[(said.race_ethnicity,)], found[tuple(sorted(columns))])
    return Audit(result, rate_of(parameters), parts, assessed_without_result(run.tallies, parameters))


def one_year_after(day: date) -> date:
    """Return the day one year later; of the 29th of February the 28th."""
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def facts(run: "Run", found: Sequence[Audit]) -> tuple[tuple[str, str], ...]:
    """Return what is published beside the tables, by name: first what is declared, then what was counted."""
    said = declared(run)
    last = one_year_after(said.audited_on)
    late = "; that day has passed" if last < run.started_at.date() else ""
    test = [("Why test data", said.why_test_data or ""), ("How they were made", said.how_test_data_was_made or "")]
    unknown = [
        (
            f"Individuals of an unknown category, {item.rate} rate",
            "; ".join(f"{item.title(part)}: {part.unknown:,}" for part in item.parts),
        )
        for item in found
    ]
    return (
        ("Tool", said.tool or run.manifest.system.name),
        *((("Published by", said.published_by),) if said.published_by else ()),
        ("Date of the most recent bias audit", f"{said.audited_on} (not to be relied on after {last}{late})"),
        ("Distribution date of the tool", str(said.distributed_on)),
        ("Independent auditor", f"{said.auditor} (declared, not verified)" if said.auditor else UNDECLARED),
        *((("Independence, as the auditor declares it", said.independence),) if said.independence else ()),
        ("Data", f"{said.data} data"),
        ("Source and explanation of the data", said.source),
        *(test if said.data == "test" else ()),
        *((f"Applicants or candidates assessed, {item.rate} rate", f"{item.assessed:,}") for item in found),
        *unknown,
        *(
            (f"Assessed without a recorded result, {item.rate} rate", f"{item.without_result:,}")
            for item in found
            if item.without_result
        ),
    )


def heads(rate: str) -> tuple[str, ...]:
    """Return the heads of a table for one of the two rates."""
    return ("Category", "Applicants", *_WORDS[rate], "Impact ratio", "Below four fifths", "Note")


def name(item: Category) -> str:
    """Return the name of a category."""
    return ", ".join("unknown" if value == MISSING else value for value in item.values)


def note(item: Category, reason: str) -> str:
    """Return why a category has no impact ratio, or may not be judged; empty where there is nothing to say."""
    if item.status == EXCLUDED:
        return f"excluded from impact ratios, {100 * item.share:.2f} % of the data: {reason}"
    if item.status != CALCULATED:
        return "unknown category: not in the calculations"
    return "" if item.judged else "too few people to judge by the interval"


def reason_for_excluding(audit: Audit) -> str:
    """Return the published reason why small categories are left out."""
    return audit.result.declared.parameters.optional("exclude_because") or ""


def bias_audit_page(run: "Run", run_id: str) -> str:
    """Return the page; it holds no row of the data, loads nothing and runs nothing.

    Raises:
        AuditImpossible: the manifest or the run lacks what has to be published.
    """
    found = audits(run)
    stated = facts(run, found)
    tool = stated[0][1]
    head = (
        "<header><p>Local Law 144 of 2021 of the City of New York, 6 RCNY 5-300 to 5-304</p>"
        f"<h1>Bias audit: {escape(tool)}</h1><p>{escape(run.manifest.system.purpose)}</p>"
        f"<p><strong>{escape(NO_ADVICE)}</strong></p></header>"
    )
    summary = table("Summary of results", ("", "Published"), [(escape(key), escape(value)) for key, value in stated])
    body = "".join(_section(item) for item in found)
    return whole_page(
        f"Bias audit: {tool}",
        f"{head}<section><h2>Summary</h2>{summary}</section>{body}{_method(run_id)}{origin(run)}",
    )


def _section(audit: Audit) -> str:
    result = audit.result
    parts = [
        f"<section><h2>{_WORDS[audit.rate][1]}s and impact ratios</h2>",
        *(_part(audit, part) for part in audit.parts),
        f"<h3>The verdict of the interval {verdict_mark(result)}</h3><p>{escape(sentence(result))}</p>",
        f"<p>{escape(_beside_each_other(str(result.declared.criterion)))}</p>",
        table(
            "Four fifths and the interval",
            ("Categories", "Smallest impact ratio", "Point rule of four fifths", "Ratio of judged groups", "Interval"),
            [_beside(audit, part) for part in audit.parts],
        ),
        "</section>",
    ]
    return "".join(parts)


def _beside_each_other(criterion: str) -> str:
    return (
        "The law sets no mark to pass. Below is what the point rule of four fifths says (29 CFR 1607.4 (D)) beside "
        f"what the 95 % interval says of the limit {criterion}; it holds for all pairs of categories at once. Where "
        "few people were assessed the point rule is often wrong by chance."
    )


def _part(audit: Audit, part: Part) -> str:
    rows = [
        (
            escape(name(item)),
            f"{item.assessed:,}",
            f"{item.selected:,}",
            "" if item.rate is None else f"{100 * item.rate.value:.1f} %",
            "" if item.impact_ratio is None else f"{item.impact_ratio:.3f}",
            {None: "", True: "▼ yes", False: "no"}[item.is_below_four_fifths],
            escape(note(item, reason_for_excluding(audit))),
        )
        for item in part.categories
    ]
    title = audit.title(part)
    bars = [
        plot.Bar(name(item), item.rate.value, item.rate.low, item.rate.high, item.assessed, item.judged)
        for item in part.categories
        if item.rate is not None
    ]
    drawn = plot.intervals(bars, [], f"{_WORDS[audit.rate][1]} by category: {title}") if bars else ""
    caption = f"{_WORDS[audit.rate][1]} with its own 95 % interval; hollow points were not judged."
    unknown = (
        f"<p>The tool was also used on {part.unknown:,} individuals of an unknown category; they are not in the "
        "calculations above.</p>"
    )
    return (
        f"<h3>{title}</h3>{table(f'{title}, {audit.rate} rate', heads(audit.rate), rows)}{unknown}"
        f"{figure(drawn, caption) if drawn else ''}"
    )


def _beside(audit: Audit, part: Part) -> tuple[str, ...]:
    ratios = [item.impact_ratio for item in part.categories if item.impact_ratio is not None]
    below = sum(ratio < FOUR_FIFTHS for ratio in ratios)
    found, criterion = part.smallest, audit.result.declared.criterion
    return (
        escape(audit.title(part)),
        f"{min(ratios):.3f}" if ratios else "none",
        f"▼ {below} of {len(ratios)} categories below" if below else f"none of {len(ratios)} below",
        "" if found is None else f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]",
        "too few people" if found is None else escape(str(criterion.judge(found.low, found.high))),
    )


def _method(run_id: str) -> str:
    return (
        "<section><h2>How it is computed</h2>"
        "<p>Selection rate: individuals selected to move forward, or given a class, of those assessed. Scoring rate: "
        "individuals with a score above the median of all scores, of those scored. Impact ratio: the rate of a "
        "category over the highest rate of its table. Sex, race or ethnicity and their intersection are computed apart "
        "(6 RCNY 5-301). Categories below 2 % of the data may be left out with the reason; they are shown "
        "(5-301 (d)). Individuals of an unknown category are counted.</p>"
        "<p>Beside this page the law asks for more that no computation gives: a notice to candidates and employees ten "
        "business days before use, and the policy on data (5-304); and this summary stays published for at least six "
        "months after the last use of the tool (5-303).</p>"
        f"<p>The numbers are those of run {escape(run_id)}; the program computes them again from the same data."
        "</p></section>"
    )
