"""What files may be kept with a record: which types, how large, and that the bytes are what the name says.

Refuses by content, not by what a browser claims; reads no more of an upload than may be kept.
"""

import io
import json
import unicodedata
import zipfile
from collections.abc import Callable, Mapping

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

LONGEST_NAME = 150
TOO_LARGE = "clerestory.upload_too_large"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml", b"<?php", b"#!")


class AttachmentRefused(ClerestoryError):
    """A file is empty, too large, of a type that is not kept, or not what its name says."""


class Measured(FileUploadHandler):
    """Stops keeping an upload where it is larger than a file may be, and says so in the request."""

    def handle_raw_input(
        self,
        input_data: object,  # noqa: ARG002
        META: dict[str, str],  # noqa: N803
        content_length: int,  # noqa: ARG002
        boundary: object,  # noqa: ARG002
        encoding: str | None = None,  # noqa: ARG002
    ) -> None:
        """Remember where to note it."""
        self.meta, self.seen = META, 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        """Count, and pass on what may be kept."""
        self.seen += len(raw_data)
        if self.seen > largest():
            self.meta[TOO_LARGE] = "yes"
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002
        """Leave the file to the handlers that keep it."""
        return


def largest() -> int:
    """Return how many bytes a file may have."""
    return int(settings.LARGEST_ATTACHMENT)


def was_too_large(request: HttpRequest) -> bool:
    """Return whether a file of the request was larger than a file may be; reads the request."""
    request.FILES.keys()  # reading the files is what counts their bytes
    return TOO_LARGE in request.META


def too_large(size: str = "") -> AttachmentRefused:
    """Return the error that a file is too large."""
    allowed = f"{largest() / 1024 / 1024:g} MB"
    return AttachmentRefused(
        _("The file is larger than {allowed}{size}.", allowed=allowed, size=size),
        _("Attach a file of at most {allowed}.", allowed=allowed),
    )


def media_type_of(name: str, body: bytes) -> str:
    """Return the media type of a file whose name and bytes agree.

    Raises:
        AttachmentRefused: it is empty or too large, its type is not kept, or its bytes are something else.
    """
    if not body:
        raise AttachmentRefused(
            _("The file is empty."), _("Choose the file again; look whether it was written completely.")
        )
    if len(body) > largest():
        raise too_large()
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    kept = KEPT.get(ending)
    if kept is None:
        raise AttachmentRefused(
            _("Files of the type {type} are not kept.", type=f".{ending}" if ending else _("without an ending")),
            _("Attach one of: {choices}.", choices=", ".join(sorted(KEPT))),
        )
    media_type, fits = kept
    if not fits(body):
        raise AttachmentRefused(
            _("The file is called .{ending}, but its content is something else.", ending=ending),
            _("Attach the original, unchanged."),
        )
    return media_type


def clean_name(name: str) -> str:
    """Return the bare name of a file: no folders, no characters that are not shown or that turn a text around."""
    bare = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in bare if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if not dot:
        return shown[:LONGEST_NAME] or "file"
    return f"{stem[: LONGEST_NAME - 10].strip() or 'file'}.{ending[:9]}"


def _begins(*signs: bytes) -> Callable[[bytes], bool]:
    return lambda body: body.startswith(signs)


def _is_png(body: bytes) -> bool:
    return body.startswith(b"\x89PNG\r\n\x1a\n") and body[12:16] == b"IHDR"


def _is_zip(body: bytes) -> bool:
    return body.startswith((b"PK\x03\x04", b"PK\x05\x06")) and _parts(body) is not None


def _parts(body: bytes) -> frozenset[str] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None


def _office(part: str) -> Callable[[bytes], bool]:
    """Fit office documents that hold a part, and no macros."""

    def fits(body: bytes) -> bool:
        parts = _parts(body) if body.startswith(b"PK\x03\x04") else None
        return parts is not None and {"[Content_Types].xml", part} <= parts and not _holds_macros(parts)

    return fits


def _holds_macros(parts: frozenset[str]) -> bool:
    return any(part.lower().endswith("vbaproject.bin") for part in parts)


def _is_text(body: bytes) -> bool:
    if any(byte < 32 and byte not in (9, 10, 12, 13) for byte in body[: 1 << 20]) or b"\x00" in body:
        return False
    return not body[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_MARKUP)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


KEPT: Mapping[str, tuple[str, Callable[[bytes], bool]]] = {
    "pdf": ("application/pdf", _begins(b"%PDF-")),
    "png": ("image/png", _is_png),
    "jpg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "docx": (_WORD, _office("word/document.xml")),
    "xlsx": (_SHEET, _office("xl/workbook.xml")),
    "csv": ("text/csv", _is_text),
    "txt": ("text/plain", _is_text),
    "md": ("text/markdown", _is_text),
    "json": ("application/json", _is_json),
    "zip": ("application/zip", _is_zip),
}
"""What is kept, by the ending of its name: media type, and what its bytes must be."""
