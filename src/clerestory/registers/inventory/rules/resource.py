"""Resources of a system: what it needs, tools behind a model, computing of a deployment, posts and who fills them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from clerestory.registers.inventory.rules.record import InventoryRefused
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word
from clerestory.terms.text import plain

MOST_POSTS = 40
MOST_SEATS = 50
STAFFING_TOPICS = ("roles", "skills", "stages", "oversight", "numbers")


class Sort(StrEnum):
    """What is described, and about what."""

    RESOURCES = "resources"
    """About an AI system."""
    TOOLING = "tooling"
    """About a model version."""
    COMPUTING = "computing"
    """About a deployment."""


TOPICS_OF = {Sort.RESOURCES: "resource_kinds", Sort.TOOLING: "tooling_topics", Sort.COMPUTING: "computing_topics"}
"""The list of the catalogue that each description is counted by."""
STAFFING, STAFFING_CHECK = "staffing", "staffing check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is said of each topic; an empty one is open and counts as not said. ``tools`` only for a model version."""

    sort: Sort
    about: str
    system_id: str
    topics: Mapping[str, str]
    tools: tuple[str, ...] = ()

    @property
    def said(self) -> dict[str, str]:
        """The topics that something is said of."""
        return {topic: text.strip() for topic, text in self.topics.items() if text.strip()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post that a system needs: skills, stages of life, how many people, and whether it oversees the system."""

    name: str
    skills: str
    stages: tuple[str, ...]
    number: int = 1
    oversight: bool = False

    @property
    def seats(self) -> tuple[str, ...]:
        """The places to be filled, each by name; an ``@`` would make an item wait for a day."""
        name = self.name.replace("@", " at ")
        return (name,) if self.number == 1 else tuple(f"{name} {place}" for place in range(1, self.number + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """The posts that a system needs over its life."""

    system_id: str
    posts: tuple[Post, ...]

    @property
    def seats(self) -> tuple[str, ...]:
        """All places to be filled."""
        return tuple(seat for post in self.posts for seat in post.seats)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that the posts speak of as a whole."""
        told = {
            "roles": bool(self.posts),
            "skills": all(post.skills.strip() for post in self.posts),
            "stages": all(post.stages for post in self.posts),
            "oversight": any(post.oversight for post in self.posts),
            "numbers": all(post.number for post in self.posts),
        }
        return tuple(topic for topic in STAFFING_TOPICS if self.posts and told[topic])


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffingCheck:
    """Who fills which place today, and how it is known that they are able to."""

    system_id: str
    holders: Mapping[str, PersonId]
    basis: str


def check_description(said: Description, topics: Iterable[str]) -> None:
    """Refuse a description that says nothing, speaks of unknown topics, or names tools that no screen shows."""
    unknown = [topic for topic in said.topics if topic not in topics]
    if unknown:
        raise InventoryRefused(
            _("{unknown!r} is no topic of {sort}.", unknown=unknown[0], sort=word(said.sort)),
            _("Use: {choices}.", choices=", ".join(topics)),
        )
    if not said.said:
        raise InventoryRefused(
            _("Nothing is described."), _("Say something of at least one topic; the others stay open.")
        )
    for topic, text in said.said.items():
        plain(text, word(topic), longest=4000, lines=True)
    for tool in said.tools:
        plain(tool, _("tool"), longest=200)
    if said.sort is Sort.TOOLING and not said.tools:
        raise InventoryRefused(_("No tool is named."), _("Name each tool with its version, one per line."))


def check_staffing(said: Staffing) -> None:
    """Refuse posts without skills or stages, doubles, and more places than a system has."""
    if not said.posts:
        raise InventoryRefused(_("No post is named."), _("Name at least who oversees the system."))
    if len(said.posts) > MOST_POSTS:
        raise InventoryRefused(
            _("There are {count} posts.", count=len(said.posts)), _("Name at most {most_posts}.", most_posts=MOST_POSTS)
        )
    seats = said.seats
    double = next((seat for seat in seats if seats.count(seat) > 1), None)
    if double is not None:
        raise InventoryRefused(
            _("The post {double!r} stands there twice.", double=double), _("Name each post once, with a number.")
        )
    for post in said.posts:
        plain(post.name, _("name of the post"), longest=120)
        plain(post.skills, _("skills of {name}", name=post.name), longest=1000, lines=True)
        if not 1 <= post.number <= MOST_SEATS:
            raise InventoryRefused(
                _("{number} people for {name!r}.", number=post.number, name=post.name),
                _("Give a number from 1 to {most_seats}.", most_seats=MOST_SEATS),
            )
        if not post.stages:
            raise InventoryRefused(
                _("Nothing says when {name!r} is needed.", name=post.name), _("Tick at least one stage of life.")
            )


def check_filled(check: StaffingCheck, staffing: Staffing) -> None:
    """Refuse a check that names places nobody asked for, or does not say how ability is known."""
    plain(check.basis, _("basis"), longest=2000, lines=True)
    unknown = [seat for seat in check.holders if seat not in staffing.seats]
    if unknown:
        raise InventoryRefused(
            _("There is no place {unknown!r}.", unknown=unknown[0]), _("Fill places of the approved posts.")
        )


def with_post(staffing: Staffing | None, system_id: str, post: Post, instead_of: str = "") -> Staffing:
    """Return posts with one more, or one in the place of another."""
    posts = () if staffing is None else staffing.posts
    if instead_of and instead_of not in {known.name for known in posts}:
        raise InventoryRefused(_("There is no post {instead_of!r}.", instead_of=instead_of), _("Open the page again."))
    kept = tuple(post if known.name == instead_of else known for known in posts)
    return Staffing(system_id=system_id, posts=kept if instead_of else (*kept, post))


def without_post(staffing: Staffing | None, name: str) -> Staffing:
    """Return posts without one of them."""
    if staffing is None or name not in {known.name for known in staffing.posts}:
        raise InventoryRefused(_("There is no post {name!r}.", name=name), _("Open the page again."))
    posts = tuple(known for known in staffing.posts if known.name != name)
    return Staffing(system_id=staffing.system_id, posts=posts)
