"""Whether secrets stand in prompts, context and configuration, and how surely they would have been found."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE

import numpy as np

from clerestory.assurance.measurement import GroupResult, Measurement, Reason
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import check
from clerestory.assurance.security.pattern import PLANTED, harmless, planted, secrets_in
from clerestory.assurance.statistics.interval import critical
from clerestory.assurance.statistics.rate import wilson
from clerestory.assurance.tally import Request, Tallies, TrialCell, TrialTally
from clerestory.assurance.trial import Find, Read, Talk, Unanswered, trial_of, trial_tally

NAME = "security.secret-scan"
FILES = ("**/*.toml", "**/*.yaml", "**/*.yml", "**/*.json", "**/*.jsonl", "**/*.ini", "**/*.cfg", "**/.env*", "**/*.md",
         "**/*.txt", "**/*.py", "**/*.ipynb", "**/*.prompt", "**/*.jinja", "**/*.j2", "**/*.sh")  # fmt: skip
LARGEST = 20_000_000
_SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".tox"})
_SHOWN = 20
_PARAMETERS = (
    Parameter(name="files", kind="texts", default=FILES, names_slice=True, meaning="Patterns of the files to read."),
    Parameter(name="allowed", kind="texts", names_slice=True, meaning="Files that may hold secrets."),
    Parameter(name="planted", kind="count", default=300, meaning="Secrets planted per kind to know what is found."),
    Parameter(
        name="min_recall",
        kind="share",
        default=0.9,
        meaning="Least share of planted secrets of each kind that must surely be found to conclude.",
    ),
    Parameter(name="seed", kind="seed", default=0, meaning="Seed of the planted secrets."),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Read the files that the patterns match, then plant secrets into lines of theirs and see what is found."""
    names: set[str] = set()
    for pattern in parameters.texts("files"):
        found_names: tuple[str, ...] = yield Find(pattern)
        names.update(name for name in found_names if not _SKIPPED & set(name.split("/")[:-1]))
    cells, shown, lines, unanswered = [], list[str](), list[str](), 0
    open_to = names & set(parameters.texts("allowed"))
    hidden: dict[str, int] = {}
    for name in sorted(names):
        try:
            body = yield Read(name)
        except Unanswered:
            body = None
        if body is None or len(body) > LARGEST:
            unanswered += 1
            continue
        text = body.decode("utf-16" if body[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8", "replace")
        found = list(secrets_in(text))
        if name in open_to:
            hidden[name] = len(found)
            continue
        shown += [f"{name}:{item.line} {item.kind}" for item in found]
        lines += text.splitlines()[:50] if len(lines) < 1_000 else []
        count = len(text.splitlines())
        cells.append(TrialCell(kind=("file", name), n=max(count, len(found)), hits=len(found)))
    cells += _planted(lines, parameters)
    notes = {"files": str(len(names)), "seed": str(parameters.count("seed"))}
    if open_to:
        held = "; ".join(f"{name} ({count})" for name, count in sorted(hidden.items())[:_SHOWN])
        notes["not counted, in allowed files"] = f"{sum(hidden.values())} in {len(open_to)} files: {held}"
    if shown:
        notes["found"] = "; ".join(shown[:_SHOWN]) + (f"; and {len(shown) - _SHOWN} more" if shown[_SHOWN:] else "")
    ordered = tuple(sorted(cells, key=lambda cell: cell.kind))
    return TrialTally(cells=ordered, unanswered=unanswered, notes=tuple(sorted(notes.items())))


def _planted(lines: list[str], parameters: Parameters) -> list[TrialCell]:
    """Put made-up secrets behind lines of the files themselves, and harmless look-alikes too."""
    draw = np.random.default_rng(parameters.count("seed"))
    clean = [line[:80] for line in lines if line.strip() and not list(secrets_in(line)) and "=" not in line] or [""]
    n = parameters.count("planted")
    cells = []
    for kind in PLANTED:
        texts = [f"{clean[int(draw.integers(len(clean)))]} {planted(kind, draw)}" for _ in range(n)]
        cells.append(TrialCell(kind=("planted", kind), n=n, hits=sum(any(secrets_in(text)) for text in texts)))
    alarms = sum(any(secrets_in(harmless(draw))) for _ in range(n))
    cells.append(TrialCell(kind=("harmless",), n=n, hits=alarms))
    return cells


@check(NAME, subject="ai_system", wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def secret_scan(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count secrets in the files beside the manifest: prompts, context, configuration, notebooks.

    Ten forms (keys of vendors, private keys, signed tokens, passwords in addresses) and names such as api_key or
    password with a value that looks drawn by chance (entropy of Shannon, 1948, from 2.8 bits per letter). Found secrets
    are kept nowhere: file, line and kind are. Formula: number of lines and kinds with a secret, over all files.
    Unit: secrets. Interval: every file is read whole, so the lower end is what was found; the upper end is that number
    divided by the lower Wilson limit (1927, Bonferroni over kinds) of the recall of the kind found worst, measured each
    time on ``planted`` made-up secrets per kind in lines of these very files. INCONCLUSIVE where no file was read, and
    ("not calibrated") where that limit is below ``min_recall``. Measured with 2,000 per kind, seed 1: recall 1 for all
    kinds but named secrets (0.999); no false alarm on 2,000 harmless look-alikes (digests, commits, identifiers,
    references to variables). Both are drawn by rules written here, so they bound what the forms miss of their own kind.
    What stands in ``allowed`` files is not counted, and shown with its number.
    Folders of installed packages and of version control are left out.
    Misleads where a secret has a form of its own and no telling name, is split over lines, or lies in a file that no
    pattern matches; the recall is one of these kinds. What was found is a suspicion that a person looks at.
    Patterns with entropy against keys in code: Meli et al. (2019).

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    files = [cell for cell in tally.cells if cell.kind[0] == "file"]
    seeded = [cell for cell in tally.cells if cell.kind[0] == "planted"]
    z = critical(family=len(seeded))
    recall = min((wilson(cell.hits, cell.n, z=z).low for cell in seeded), default=0.0)
    found = float(sum(cell.hits for cell in files))
    blind = (recall < parameters.number("min_recall") or not recall) and not found
    reason = Reason.INSUFFICIENT_DATA if not files else (Reason.NOT_CALIBRATED if blind else None)
    high = found / max(recall, 1e-3)
    total = len(files) + tally.unanswered
    return Measurement(
        check=NAME,
        method="forms and entropy over whole files, recall on planted secrets",
        method_version="1",
        value=found if files else None,
        low=found if files else None,
        high=high if files else None,
        n=len(files),
        by_group=tuple(_shown(cell, z) for cell in tally.cells if cell.n and (cell.kind[0] != "file" or cell.hits)),
        share_unassessable=tally.unanswered / total if total else 1.0,
        max_unjudged_share=0.0,
        reason=reason,
        details={**dict(tally.notes), "recall at least": f"{recall:.4g}"},
    )


def _shown(cell: TrialCell, z: float) -> GroupResult:
    group = ": ".join(cell.kind)
    if cell.kind[0] == "file":
        hits = float(cell.hits)
        return GroupResult(group=group, value=hits, low=hits, high=hits, n=cell.n, note=f"{cell.hits} found")
    rate = wilson(cell.hits, cell.n, z=z)
    note = f"{cell.hits} of {cell.n} found"
    return GroupResult(group=group, value=rate.value, low=rate.low, high=rate.high, n=cell.n, assessed=False, note=note)
