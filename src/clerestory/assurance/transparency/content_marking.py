"""Synthetic content and the marks that machines can read in it."""

from collections.abc import Callable, Generator, Mapping
from posixpath import splitext
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import DEPLOYMENT, check
from clerestory.assurance.running.window import AS_OF, with_figures
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.transparency.marks import text
from clerestory.assurance.transparency.marks.c2pa import read_c2pa
from clerestory.assurance.transparency.marks.image import carried
from clerestory.assurance.transparency.marks.source import NoMark
from clerestory.assurance.transparency.marks.xmp import read_xmp
from clerestory.assurance.trial import Move, Read, Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import UNJUDGED, Census, counted
from clerestory.assurance.trial.files import matching, offered

NAME = "transparency.content-marking"
_IMAGES = (".png", ".jpg", ".jpeg")
_PLAIN = (".txt", ".md", ".csv")
_TEXTS: Mapping[str, Callable[[str, bytes], str]] = {
    ".html": text.of_page,
    ".htm": text.of_page,
    ".json": text.of_json,
    ".http": text.of_answer,
}
_PARAMETERS = (
    Parameter(
        name="outputs",
        kind="texts",
        default=("outputs/**/*",),
        names_slice=True,
        meaning="Patterns of synthetic content as the running product gave it out: PNG, JPEG, HTML, JSON, answers "
        "of HTTP with their head (.http), and texts with an XMP file beside them.",
    ),
    Parameter(
        name="needs",
        kind="choice",
        options=("any", "c2pa"),
        default="any",
        names_slice=True,
        meaning="Which mark images must carry: any that is read, or Content Credentials that hold.",
    ),
    AS_OF,
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Look into each output for a mark that counts."""
    census, signed_only = Census(), parameters.text("needs") == "c2pa"
    marks = dict[str, int]()
    for path in (yield from matching(parameters.texts("outputs"))):
        kind = splitext(path)[1].lower()
        if kind == ".xmp":
            continue
        body, why = yield from offered(path)
        if body is None or kind not in (*_IMAGES, *_PLAIN, *_TEXTS):
            census.unjudged(kind or "file", f"{path} {why or 'is of a format that is not read'}")
            continue
        try:
            mark = yield from _mark(path, kind, body, signed_only)
        except NoMark as error:
            census.broken(kind, f"{path} {error}")
        else:
            marks[mark] = marks.get(mark, 0) + 1
            census.kept(kind)
    census.note("marks", "; ".join(f"{name}: {marks[name]}" for name in sorted(marks)) or "none")
    return census.tally()


def _mark(path: str, kind: str, body: bytes, signed_only: bool) -> Generator[Move, Any, str]:
    """Return which mark an output carries; raise `NoMark`."""
    if kind in _TEXTS:
        return f"{kind[1:]} {_TEXTS[kind](path, body)}"
    if kind in _PLAIN:
        beside: bytes | None = yield Read(f"{path}.xmp")
        if beside is None:
            raise NoMark("has no mark beside it")
        return f"XMP {read_xmp(beside)}"
    packets, store = carried(body)
    if store:
        # Where there are credentials they must hold: broken ones are a sign that somebody changed the file.
        return f"C2PA {(yield from read_c2pa(store, body))}"
    if signed_only or not packets:
        raise NoMark("has no C2PA store" if signed_only else "has no mark")
    return f"XMP {read_xmp(packets[0])}"


@check(NAME, subject=DEPLOYMENT, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def content_marking(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the synthetic outputs without a mark that machines can read; ``<= 0`` asks that every one has one.

    Formula: an output counts when it carries no mark, an empty or unreadable one, or one that says something else than
    synthetic. Read are Content Credentials (C2PA 2.1) in PNG and JPEG: the claim must be signed by the key of its
    certificate, name its assertions by their hash, bind the bytes of the file and state a synthetic source; XMP (ISO
    16684-1) in PNG, JPEG or a file beside a text; ``meta`` and linked data of HTML; ``digitalSourceType`` in JSON; the
    header AI-Disclosure of an answer. The terms are those of the IPTC digital source type (2025). Unit: number of
    outputs. The interval is from those counted to those plus outputs of another format. INCONCLUSIVE where nothing was
    given out. Marking: Article 50(2) of the EU AI Act (2024).
    Misleads where content loses its mark on the way (a messenger strips it), and as to who marked it: certificates are
    not followed to their root. Watermarks within pixels or words are not read.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    tally = trial_tally(NAME, tallies, parameters)
    judged = [cell for cell in tally.cells if UNJUDGED not in cell.kind[1:]]
    required, lacking = sum(cell.n for cell in judged), sum(cell.hits for cell in judged)
    figures = {"shown": required - lacking, "required": required}
    return with_figures(counted(NAME, "marks that machines can read", tally), tally, figures)
