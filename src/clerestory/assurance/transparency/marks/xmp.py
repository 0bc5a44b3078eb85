"""The digital source type in an XMP packet (ISO 16684-1, IPTC Extension), read without resolving anything."""

import re
from xml.etree import ElementTree as ET

from clerestory.assurance.transparency.marks.source import NoMark, is_synthetic

_PLACE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def read_xmp(packet: bytes) -> str:
    """Return the digital source type that a packet states.

    Raises:
        NoMark: it is no XMP, or states none that says that content is synthetic.
    """
    if _DOCTYPE.search(packet):
        raise NoMark("its XMP declares a document type")
    try:
        root = ET.fromstring(packet.strip(b"\x00 \t\r\n\xef\xbb\xbf"))  # noqa: S314 - what declares entities was refused
    except (ET.ParseError, ValueError) as error:
        raise NoMark("its XMP cannot be read") from error
    stated = [value for about in root.iter(_ABOUT) for value in _values(about)]
    for value in stated:
        if is_synthetic(value):
            return value.strip()
    raise NoMark(f"its XMP says {stated[0]!r}" if stated and stated[0].strip() else "its XMP states no source type")


def _values(about: ET.Element) -> list[str]:
    found = [about.get(_PLACE, "")] if _PLACE in about.attrib else []
    return found + [child.get(_RESOURCE) or child.text or "" for child in about.findall(_PLACE)]
