"""What a pack is made of: the names and the order of its members, and the documents that describe it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from clerestory.ledger.tile import WIDTH, piece_path, piece_widths
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document

VERSION = 1
CHECKPOINT = "checkpoint"
OPENINGS = "openings.json"
TOKENS = "tsr/"
CATALOGUE = "catalogue.json"
STATUSES = "statuses.json"
MANIFEST = "manifest.json"
README = "README.txt"
INDEX = "index.html"
REPORT = "report.pdf"
READABLE = (INDEX, REPORT, README)
"""The parts for people, after the manifest: a verifier makes them again."""
LARGEST_CHECKPOINT = 128 * 1024
LARGEST_TOKEN = 64 * 1024
MOST_TOKENS = 4_096
LARGEST_DOCUMENT = 64 * 1024 * 1024
LARGEST_LOG = 2 * 1024**3
"""All members but contents, unpacked: what may have to be held in memory."""
LARGEST_ENTRIES = WIDTH * (2 + 65_535)
LARGEST_FACTS = 1024 * 1024
"""One facts payload; a member holds at most 256 of them."""

STATES = ("present", "erased", "withheld")
_ENDINGS = {
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/xml": ".xml",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "text/csv": ".csv",
    "text/html": ".html.txt",
    "text/markdown": ".md",
    "text/plain": ".txt",
}


class PackUnreadable(ClerestoryError):
    """A document of a pack does not have the form that this version reads; ``where`` names the member."""

    def __init__(self, where: str, problem: str, *, version: bool = False) -> None:
        super().__init__(problem, "Ask for the pack again, or use the version of the verifier that wrote it.")
        self.where = where
        self.version = version


@dataclass(frozen=True, slots=True)
class Opening:
    """What a pack says about the content of one leaf; ``salt`` opens a salted commitment."""

    position: int
    state: str
    commitment: str
    media_type: str = ""
    salt: bytes | None = None

    @property
    def name(self) -> str:
        """The member that holds the content, where it is present."""
        return f"payloads/content/{self.position}{_ENDINGS.get(self.media_type, '.bin')}"


@dataclass(frozen=True, slots=True)
class Packed:
    """A member as the manifest lists it: for finding damage, never for trust."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a pack says about itself. Nothing in it is believed; all of it is checked against the log."""

    origin: str
    size: int
    at: str
    written_at: str
    tool: str
    page: int
    scope: str
    keys: tuple[str, ...]
    members: tuple[Packed, ...]


def content_member(name: str) -> bool:
    """Return whether a member holds content, which is never held in memory as a whole."""
    return name.startswith("payloads/content/")


def entries_name(index: int, width: int) -> str:
    """Return the member that holds the leaves from ``index * 256`` on."""
    return f"entries/{piece_path(index, width)}"


def facts_name(index: int) -> str:
    """Return the member that holds the facts of the leaves from ``index * 256`` on, one line each."""
    return f"payloads/facts/{piece_path(index)}.jsonl"


def token_name(size: int) -> str:
    """Return the member that holds the response of an authority over the checkpoint of a size."""
    return f"{TOKENS}{size}.tsr"


def token_sizes(names: Iterable[str], size: int) -> tuple[int, ...]:
    """Return the sizes, up to the log's, over which a pack holds tokens; other names are none of a token."""
    found = [name.removeprefix(TOKENS).removesuffix(".tsr") for name in names if name.startswith(TOKENS)]
    sizes = sorted({int(text) for text in found if text.isascii() and text.isdecimal() and len(text) < 17})
    return tuple(one for one in sizes if 0 < one <= size)[:MOST_TOKENS]


def member_names(size: int, openings: Sequence[Opening], tokens: Sequence[int] = ()) -> Iterator[str]:
    """Yield the names of all members in their one order."""
    pieces = list(piece_widths(size))
    yield CHECKPOINT
    yield from (entries_name(index, width) for index, width in pieces)
    yield from (facts_name(index) for index, _ in pieces)
    yield from map(token_name, tokens)
    yield OPENINGS
    yield from (opening.name for opening in openings if opening.state == "present")
    yield from (CATALOGUE, STATUSES, MANIFEST, *READABLE)


def manifest_document(manifest: Manifest) -> Document:
    """Write the manifest as a document."""
    return {
        "v": VERSION,
        "form": "full",
        "origin": manifest.origin,
        "size": manifest.size,
        "at": manifest.at,
        "written_at": manifest.written_at,
        "tool": manifest.tool,
        "page": manifest.page,
        "scope": manifest.scope,
        "keys": list(manifest.keys),
        "members": [{"name": m.name, "size": m.size, "digest": m.digest} for m in manifest.members],
    }


def read_manifest(document: Document) -> Manifest:
    """Read the manifest; the inverse of `manifest_document`.

    Raises:
        PackUnreadable: it is of another version or form, or a part is missing, unknown or of the wrong type.
    """
    if document.get("v") is True or document.get("v") != VERSION or document.get("form") != "full":
        raise PackUnreadable(
            MANIFEST,
            f"The pack is of version {document.get('v')!r} and form "
            f"{document.get('form')!r}; this verifier reads version {VERSION}, form 'full'.",
            version=True,
        )
    try:
        manifest = Manifest(
            origin=_text(document["origin"]),
            size=_whole(document["size"]),
            at=_text(document["at"]),
            written_at=_text(document["written_at"]),
            tool=_text(document["tool"]),
            page=_whole(document["page"]),
            scope=_text(document["scope"]),
            keys=tuple(_text(key) for key in _items(document["keys"])),
            members=tuple(
                Packed(_text(m["name"]), _whole(m["size"]), _text(m["digest"]))
                for m in map(_object, _items(document["members"]))
            ),
        )
    except (KeyError, TypeError) as error:
        raise PackUnreadable(MANIFEST, f"The manifest lacks a part or has one of the wrong type: {error}.") from error
    if manifest_document(manifest) != document:
        raise PackUnreadable(MANIFEST, "The manifest has unknown parts.")
    return manifest


def openings_document(openings: Sequence[Opening]) -> Document:
    """Write what the pack says about contents as a document."""
    return {"v": VERSION, "contents": [_opening_document(opening) for opening in openings]}


def read_openings(document: Document) -> tuple[Opening, ...]:
    """Read what the pack says about contents; the inverse of `openings_document`.

    Raises:
        PackUnreadable: a part is missing, unknown or of the wrong type, or positions are not in order.
    """
    try:
        openings = tuple(_opening(_object(item)) for item in _items(document["contents"]))
    except (KeyError, TypeError, ValueError) as error:
        raise PackUnreadable(OPENINGS, f"The openings lack a part or have one of the wrong type: {error}.") from error
    positions = [opening.position for opening in openings]
    if openings_document(openings) != document or positions != sorted(set(positions)):
        raise PackUnreadable(OPENINGS, "The openings have unknown parts or are not in order.")
    return openings


def _opening_document(opening: Opening) -> Document:
    document: dict[str, object] = {
        "position": opening.position,
        "state": opening.state,
        "commitment": opening.commitment,
    }
    if opening.state == "present":
        document["media_type"] = opening.media_type
    if opening.salt is not None:
        document["salt"] = opening.salt.hex()
    return document


def _opening(document: Document) -> Opening:
    state = _text(document["state"])
    if state not in STATES:
        raise ValueError(f"unknown state {state!r}")
    salt = bytes.fromhex(_text(document["salt"])) if "salt" in document else None
    media_type = _text(document["media_type"]) if state == "present" else ""
    return Opening(_whole(document["position"]), state, _text(document["commitment"]), media_type, salt)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _object(value: object) -> Document:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is no object")
    return value
