"""The drawings of the screens: icons by name and the shape of each status, as SVG without any style attribute."""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_LINES = {
    "flag": "M6 21V4M6 5h11l-2.5 4L17 13H6",
    "columns": "M4 5h16v14H4zM9.3 5v14M14.7 5v14",
    "bookmark": "M7 4h10v16.5l-5-4-5 4z",
    "keys": "M3.5 7h17v10h-17zM7 10.3h.01M10.4 10.3h.01M13.7 10.3h.01M17 10.3h.01M8.5 13.8h7",
    "bell": "M6 16.5h12l-1.4-2.2V10a4.6 4.6 0 0 0-9.2 0v4.3zM10.3 19a1.8 1.8 0 0 0 3.4 0",
    "home": "M4 11.2 12 4l8 7.2M6 9.6V20h12V9.6M10 20v-5.5h4V20",
    "board": "M4 5h16v14H4zM8 9.2l1.2 1.2 2-2.2M13.5 9.5H17M8 14.6l1.2 1.2 2-2.2M13.5 15H17",
    "log": "M12 3.5 20.5 8 12 12.5 3.5 8zM4 12.2l8 4.3 8-4.3M4 16.2l8 4.3 8-4.3",
    "systems": "M7.5 7.5h9v9h-9zM10 3.5v4M14 3.5v4M10 16.5v4M14 16.5v4M3.5 10h4M3.5 14h4M16.5 10h4M16.5 14h4",
    "people": "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.8 20c.5-3.6 2.9-5.6 6.2-5.6s5.7 2 6.2 5.6M16 4.4a3.5 "
    "3.5 0 0 1 0 6.4M17.8 14.9c2 .7 3.1 2.5 3.4 5.1",
    "data": "M4.5 6.2c0-1.6 3.4-2.7 7.5-2.7s7.5 1.1 7.5 2.7-3.4 2.7-7.5 2.7-7.5-1.1-7.5-2.7Z"
    "M4.5 6.2v11.6c0 1.6 3.4 2.7 7.5 2.7s7.5-1.1 7.5-2.7V6.2M4.5 12c0 1.6 3.4 2.7 7.5 2.7s7.5-1.1 7.5-2.7",
    "scope": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM8.2 12.2l2.6 2.6 5-5.6",
    "place": "M5 20.5V4.5h9v16M14 9.5h5v11M3 20.5h18M8 8.5h3M8 12.5h3M8 16.5h3M16.5 13h.01M16.5 16.5h.01",
    "key": "M14.5 13.5a5 5 0 1 0-4.3-2.5L3.5 17.7V20.5h3.3v-2.3h2.3v-2.3h2.2l1.6-2.6c.5.1 1 .2 1.6.2ZM16 8.2h.01",
    "sliders": "M4 7h9M18 7h2M4 17h2M11 17h9M15.5 4.5v5M8.5 14.5v5",
    "search": "M10.8 17.3a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM20 20l-4.6-4.6",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "close": "M6 6l12 12M18 6 6 18",
    "check": "M5 12.5 10 17.5 19.5 7",
    "right": "M9 5.5 15.5 12 9 18.5",
    "left": "M15 5.5 8.5 12l6.5 6.5",
    "up": "M12 19V5.5M6 11l6-6 6 6",
    "down": "M12 5v13.5M6 13l6 6 6-6",
    "both": "M8 10l4-4 4 4M8 14l4 4 4-4",
    "download": "M12 4v11M7 10.5l5 5 5-5M4.5 19.5h15",
    "print": "M7 9V3.5h10V9M7 17H4.5V9h15v8H17M7 14h10v6.5H7z",
    "clock": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2",
    "sun": "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 "
    "17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
    "moon": "M20 14.2A8.3 8.3 0 1 1 9.8 4a6.6 6.6 0 0 0 10.2 10.2Z",
    "screen": "M3.5 5h17v11h-17zM8.5 20h7M12 16v4",
    "person": "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.6-4.1 3.5-6.2 7.5-6.2s6.9 2.1 7.5 6.2",
    "out": "M10 4.5H5v15h5M14 8l4 4-4 4M9 12h9",
    "plus": "M12 5v14M5 12h14",
    "info": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 11v5.5M12 7.7h.01",
    "warning": "M12 4 21 19.5H3zM12 10v4.5M12 17.1h.01",
    "link": "M10 14a4 4 0 0 0 6 .4l3-3a4.2 4.2 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6-.4l-3 3a4.2 4.2 0 0 0 6 6l1.5-1.5",
    "seal": "M12 3.5 19 6v5.5c0 4.3-2.8 7.5-7 9-4.2-1.5-7-4.7-7-9V6zM8.7 12l2.3 2.3 4.4-4.7",
    "undo": "M8.5 5 4.5 9l4 4M4.5 9h9.5a5.5 5.5 0 0 1 0 11H9",
    "gear": "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM4.5 7.5h7M15.5 7.5h4M4.5 16.5h3M12.5 16.5h7M13.5 5.5v4M9.5 14.5v4",
    "flask": "M9.5 3.5h5M10.5 3.5v6L4.8 19c-.5.8 0 1.5.9 1.5h12.6c.9 0 1.4-.7.9-1.5L13.5 9.5v-6M7.8 14.5h8.4",
    "language": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM3.5 12h17M12 3.5c2.4 2.3 3.5 5.2 3.5 8.5s-1.1 "
    "6.2-3.5 8.5c-2.4-2.3-3.5-5.2-3.5-8.5s1.1-6.2 3.5-8.5Z",
    "window": "M4 20.5V11a3 3 0 0 1 6 0v9.5M14 20.5V11a3 3 0 0 1 6 0v9.5M2.5 20.5h19M4 14h6M14 14h6M4 4h16",
}

_SHAPES = {
    "CONFORMS": '<circle cx="12" cy="12" r="9.5" fill="currentColor"/><path d="M7.6 12.4l3 3 5.8-6.4" fill="none" '
    'stroke="var(--surface)" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/>',
    "NONCONFORMING": '<path d="M12 1.5 22.5 12 12 22.5 1.5 12Z" fill="currentColor"/><path d="M9 9l6 6M15 9l-6 6" '
    'stroke="var(--surface)" stroke-width="2.2" stroke-linecap="round"/>',
    "STALE": '<circle cx="12" cy="12" r="8.7" fill="none" stroke="currentColor" stroke-width="2.2"/>'
    '<path d="M12 6.8V12l3.6 2.2" fill="none" stroke="currentColor" stroke-width="2.2" '
    'stroke-linecap="round" stroke-linejoin="round"/>',
    "NOT_EVIDENCED": '<circle cx="12" cy="12" r="8.7" fill="none" stroke="currentColor" stroke-width="2.2" '
    'stroke-dasharray="3.4 3.43"/>',
    "NOT_APPLICABLE": '<path d="M5 12h14" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/>',
}
_SHAPES |= {
    "PASS": _SHAPES["CONFORMS"],
    "FAIL": _SHAPES["NONCONFORMING"],
    "INCONCLUSIVE": '<path d="M12 2.8 21.2 12 12 21.2 2.8 12Z" fill="none" stroke="currentColor" stroke-width="2.2" '
    'stroke-linejoin="round"/><path d="M8.6 12h6.8" stroke="currentColor" stroke-width="2.2" '
    'stroke-linecap="round"/>',
}


def icon(name: str) -> SafeString:
    """Return the line drawing of that name; it says nothing to a screen reader, the word beside it does."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        _LINES[name],
    )


def shape(value: str) -> SafeString:
    """Return the shape of a conformity or verdict."""
    drawn = mark_safe(_SHAPES[value])  # noqa: S308  constant drawings of this module
    return format_html('<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>', drawn)


def names() -> frozenset[str]:
    """Return the names of all icons."""
    return frozenset(_LINES)
