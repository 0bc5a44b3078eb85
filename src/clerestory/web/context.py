"""What the frame around every page needs: who, where, how it looks and where one can go."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

THEMES = ("light", "dark")
ACCESS = {"admin": _("Administrator"), "editor": _("Editor"), "viewer": _("Viewer"), "auditor": _("Auditor")}
_NAVIGATION = (
    (
        "",
        (
            ("home", _("My page"), "home"),
            ("questions", _("Seven questions"), "window"),
            ("board", _("Requirements"), "board"),
            ("evidence", _("Evidence"), "log"),
        ),
    ),
    (
        _("Systems"),
        (
            ("systems", _("AI systems"), "systems"),
            ("inventory-uses", _("Uses of AI"), "check"),
            ("inventory", _("Models and data sets"), "flask"),
            ("data", _("Data quality"), "data"),
            ("lifecycle", _("Changes and releases"), "undo"),
            ("monitoring", _("Monitors"), "clock"),
        ),
    ),
    (
        _("Risks and measures"),
        (
            ("risk", _("Risks"), "warning"),
            ("impact", _("Impact"), "people"),
            ("classification", _("EU AI Act"), "bookmark"),
            ("applicability", _("Applicability"), "scope"),
            ("nonconformity", _("Nonconformities"), "flag"),
        ),
    ),
    (
        _("Organisation"),
        (
            ("context", _("Context and scope"), "columns"),
            ("policy", _("Policies"), "seal"),
            ("roles", _("Roles"), "people"),
            ("incidents", _("Concerns"), "bell"),
            ("organisation", _("Profile and processes"), "place"),
        ),
    ),
    (_("Administration"), (("members", _("Members and tokens"), "key"), ("notices", _("Notifications"), "bell"))),
)

_PLACES = (
    *((start, "systems") for start in (
        "system", "inventory-system", "inventory-lane", "inventory-pair", "inventory-import", "inventory-part",
        "inventory-tool", "inventory-resource", "inventory-post", "inventory-fill", "inventory-describe",
        "inventory-reassess",
    )),
    ("inventory-use", "inventory-uses"), ("requirement", "board"), ("difference", "board"),
)  # fmt: skip
"""Where people look for a page in the side, by how its route begins: what belongs to a system is among the systems."""


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the side."""

    route: str
    url: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Entries of the side that stand together."""

    title: str
    links: tuple[Link, ...]


def frame(request: HttpRequest) -> dict[str, object]:
    """Return the frame's words; asks the database nothing."""
    presence = getattr(request, "presence", None)
    theme = request.COOKIES.get("theme", "")
    words = {
        "theme": theme if theme in THEMES else "",
        "languages": [code for code, _name in settings.LANGUAGES],
        "navigation": navigation,  # asked for where the side is drawn, which is kept by language and place
        "place": place_of(request),
    }
    if presence is not None:
        words |= {
            "name": presence.name,
            "initials": initials(presence.name),
            "organisation": presence.organisation,
            "places": presence.places if len(presence.places) > 1 else (),
            "actor": presence.actor,
            "unread": presence.unread,
            "access_word": ACCESS.get(presence.actor.access, presence.actor.access),
        }
    return {"frame": words}


def navigation() -> tuple[LinkGroup, ...]:
    """Return the side's links to what is there."""
    groups = (LinkGroup(str(title), tuple(_links(links))) for title, links in _NAVIGATION)
    return tuple(group for group in groups if group.links)


def place_of(request: HttpRequest) -> str:
    """Return the route of the side's link that is the current page or holds it; nothing where none does."""
    match = request.resolver_match
    if match is None:
        return ""
    route = str(match.url_name)
    placed = next((place for start, place in _PLACES if route.startswith(start)), "")
    known = (link for _title, links in _NAVIGATION for link, _label, _icon in links)
    return placed or next((name for name in known if _is_at(name, route) or name in match.namespaces), "")


def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def _is_at(name: str, route: str) -> bool:
    return route == name or route.startswith(f"{name}-")


def _links(links: tuple[tuple[str, object, str], ...]) -> list[Link]:
    found = []
    for route, label, icon in links:
        try:
            found.append(Link(route, reverse(route), str(label), icon))
        except NoReverseMatch:
            continue
    return found
