"""``report.pdf``: the same account as ``index.html``, on paper, for somebody who has no tools and needs none."""

from collections.abc import Iterator, Mapping

from clerestory.verify.readable.account import MEANINGS, WORDS, Account, Group, Line, Record, Section
from clerestory.verify.readable.letters import BOLD, MONO
from clerestory.verify.readable.pdf import BAD, GOOD, INK, OLD, SOFT, Cell, Pages

_LOOKS: Mapping[str, tuple[str, str]] = {
    "CONFORMS": ("disc", GOOD),
    "NONCONFORMING": ("triangle", BAD),
    "STALE": ("half", OLD),
    "NOT_EVIDENCED": ("ring", SOFT),
    "NOT_APPLICABLE": ("dash", SOFT),
}
MOST_MISSING = 12
"""Of one requirement; index.html names all."""
_HOW = (
    "An organisation handed you this report inside an audit pack, a zip file with its whole evidence log. The statuses "
    "are the organisation's claims. A program that the organisation does not control derives them again from the "
    "entries and makes this report again, byte by byte: clerestory-verify PACK.zip --trust TRUST.json. Until it has "
    "said that everything follows, read this as a claim. Get the trust file by another way than the pack."
)
_NOT = (
    "Whether something that should be in the log was never entered. No log can show that.",
    "Moment, writing and scope of the pack: they are not signed, and whoever handed it on could have chosen them.",
    "That a standard or a law is kept. A status says what records show under published rules, no more.",
    "Names of people: records carry ids. Letters beyond Western Europe's are numbers here; index.html shows them.",
)


def report_file(account: Account) -> bytes:
    """Return the report."""
    pages = Pages(f"Audit pack of {account.title}", f"{account.title}, as of {account.at}")
    pages.paragraph(account.title, size=9.5, colour=SOFT, after=1)
    pages.paragraph("Audit pack", font=BOLD, size=21, after=3)
    pages.paragraph(f"Statuses as of {account.at}", size=10, colour=SOFT, after=8)
    pages.rule(weight=0.9, colour=INK, after=10)
    pages.paragraph(_HOW, after=9)
    pages.mark("What this pack holds")
    _heading(pages, "What this pack holds")
    pages.table((24, 76), ([Cell(name, colour=SOFT), Cell(text)] for name, text in account.facts))
    _summary(pages, account)
    for section in account.sections:
        _section(pages, section)
    _records(pages, account)
    _kinds(pages, account)
    pages.mark("What this report does not show")
    _heading(pages, "What this report does not show")
    for text in _NOT:
        pages.paragraph(f"\u2013  {text}", size=9.2, after=4)
    return pages.write()


def _heading(pages: Pages, text: str, *, size: float = 12.5) -> None:
    pages.space(16 if size > 11 else 11)
    pages.paragraph(text, font=BOLD, size=size, after=5, keep=60)


def _summary(pages: Pages, account: Account) -> None:
    _heading(pages, "Requirements by claimed status")
    pages.table(
        (30, *(14 for _ in WORDS)),
        ([Cell(section.name, BOLD), *_counted(section)] for section in account.sections),
        ("Framework", *(word[:1].upper() + word[1:] for word in WORDS.values())),
    )
    pages.space(8)
    for status, meaning in MEANINGS.items():
        shape, colour = _LOOKS[status]
        pages.table((24, 76), [[Cell(WORDS[status], BOLD, colour=colour, shape=shape), Cell(meaning, colour=SOFT)]])


def _counted(section: Section) -> Iterator[Cell]:
    counts = dict(section.counts)
    for status in WORDS:
        shape, colour = _LOOKS[status]
        number = counts.get(status, 0)
        yield Cell(str(number), colour=colour if number else SOFT, shape=shape if number else "")


def _section(pages: Pages, section: Section) -> None:
    pages.turn()
    pages.mark(section.name)
    pages.paragraph(section.name, font=BOLD, size=15, after=2)
    for group in section.groups:
        pages.need(110)
        pages.mark(f"    {group.title}")
        _heading(pages, group.title, size=10.5)
        _group(pages, group)


def _group(pages: Pages, group: Group) -> None:
    heads = ("No.", "Requirement", "Claimed status", "Covered", "Why, and what is missing", "Records")
    pages.table((9, 21, 19, 11, 50, 10), (_row(line) for line in group.lines), heads)


def _row(line: Line) -> list[Cell]:
    shape, colour = _LOOKS.get(line.status, ("ring", SOFT))
    why = [*([] if line.missing else [line.why]), *(f"\u2013 {item}" for item in line.missing[:MOST_MISSING])]
    if len(line.missing) > MOST_MISSING:
        why.append(f"\u2013 and {len(line.missing) - MOST_MISSING} more, named in index.html")
    if line.ages:
        why.append(f"Ages on {line.ages}.")
    named = ", ".join(str(number) for number in line.records[:8]) + (", ..." if len(line.records) > 8 else "")
    return [
        Cell(line.id, BOLD),
        Cell(line.title),
        Cell(line.word, BOLD, colour=colour, shape=shape),
        Cell(line.covered or "\u2013"),
        Cell("\n".join(text for text in why if text), size=7.8),
        Cell(named or "none", size=7.4, colour=SOFT),
    ]


def _records(pages: Pages, account: Account) -> None:
    pages.turn()
    pages.mark("Records that the statuses rest on")
    pages.paragraph("Records that the statuses rest on", font=BOLD, size=15, after=4)
    pages.paragraph(
        "The number is the leaf of the log. Under each record stand its entry and its leaf hash; its facts are in the "
        "pack word for word, and in index.html.",
        size=8.6,
        colour=SOFT,
        after=6,
    )
    rows = (_record(account.records[number]) for number in sorted(account.records))
    pages.table((6, 27, 35, 14, 18), rows, ("Leaf", "Record", "About, entry and leaf hash", "Outcome", "Content"))


def _record(record: Record) -> list[Cell]:
    shape, colour = {"PASS": ("disc", GOOD), "FAIL": ("triangle", BAD), "INCONCLUSIVE": ("half", OLD)}.get(
        record.outcome, ("", SOFT)
    )
    observed = dict(record.facts).get("Observed", "")
    return [
        Cell(str(record.number), MONO, 7.4),
        Cell(f"{record.name}\n{observed}", size=7.8),
        Cell(f"{record.about}\n{record.entry_id}\n{record.leaf_hash}", size=7),
        Cell(record.outcome.lower() or "\u2013", BOLD if record.outcome else "F1", 7.8, colour, shape),
        Cell(record.content, size=7.4, colour=SOFT),
    ]


def _kinds(pages: Pages, account: Account) -> None:
    pages.mark("All entries of the log")
    _heading(pages, "All entries of the log")
    rows = ([Cell(name), Cell(str(count)), Cell(day)] for name, count, day in account.kinds)
    pages.table((60, 15, 25), rows, ("Kind", "Entries", "Newest received"))
