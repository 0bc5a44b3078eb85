"""Parts of systems, their resources, what changed and reviews of access over HTTP: the commands of the pages."""

from typing import Any, Literal

from ninja import Router, Schema, Status

from clerestory.desk.request import MemberRequest
from clerestory.registers.inventory import commands
from clerestory.registers.inventory.commands.record import Registered
from clerestory.registers.inventory.queries import ai_system
from clerestory.registers.inventory.queries.access import AccessReviewRecord, access_reviews
from clerestory.registers.inventory.queries.part import parts_of
from clerestory.registers.inventory.queries.reassess import ToReassess, to_reassess
from clerestory.registers.inventory.rules.agent import Act
from clerestory.registers.inventory.rules.part import Part, read_part, stored
from clerestory.registers.inventory.rules.record import InventoryRefused, Stage
from clerestory.registers.inventory.rules.resource import Description, Post, Sort, Staffing, StaffingCheck
from clerestory.store import clock
from clerestory.terms.ids import PersonId
from clerestory.terms.sentence import gettext as _
from clerestory.terms.sentence import word

router = Router(tags=["inventory"])


class ToolWanted(Schema):
    """A tool of an agent with its permissions; null is unknown."""

    name: str
    acts: list[Act]
    data: str = ""
    limit: str = ""
    asks: bool | None = None


class PartWanted(Schema):
    """A part of a system: its kind, id within the system, name and state, and what its kind says besides."""

    system_id: str
    kind: Literal["agent", "deployment", "prompt", "use", "embedded_ai"]
    slug: str
    name: str
    status: str
    said: dict[str, str | int | bool | list[ToolWanted] | None]

    def part(self) -> Part:
        """Return the part; raise `InventoryRefused` where its kind asks for more or knows less."""
        said = {key: [tool.model_dump() for tool in v] if isinstance(v, list) else v for key, v in self.said.items()}
        if self.kind == "agent":
            said.setdefault("tools", [])
        try:
            return read_part(self.kind, self.system_id, self.slug, self.name, self.status, said)
        except (TypeError, ValueError, KeyError) as error:
            raise InventoryRefused(
                _("This is no {kind}: {error}.", kind=word(self.kind), error=error),
                _("Give the fields of its kind."),
            ) from error


class PartChanged(PartWanted):
    """A part, and the version that the change was made from."""

    expected_version: int


class PartShown(Schema):
    """A part as it stands."""

    part_id: str
    kind: str
    system_id: str
    name: str
    status: str
    version: int
    entry_id: str
    said: dict[str, Any]


class DescriptionWanted(Schema):
    """What is said of each topic; ``sort``: resources of a system, tooling of a version, computing of a deployment."""

    sort: Sort
    about: str
    topics: dict[str, str]
    tools: list[str] = []


class PostWanted(Schema):
    """A post that a system needs."""

    name: str
    skills: str
    stages: list[Stage]
    number: int = 1
    oversight: bool = False


class PostsWanted(Schema):
    """All posts that a system needs."""

    posts: list[PostWanted]


class FilledWanted(Schema):
    """Who fills which place, by person id, and how their ability is known."""

    holders: dict[str, str]
    basis: str


@router.get("/parts", response=list[PartShown], summary="List parts of a system")
def parts(request: MemberRequest, system_id: str) -> list[PartShown]:
    """List agents, deployments, prompts, uses and AI in bought software of a system."""
    ai_system(request.actor, system_id)
    return [
        PartShown(
            part_id=one.part_id, kind=one.part.kind, system_id=system_id, name=one.part.name, status=one.part.status,
            version=one.version, entry_id=one.entry_id, said=stored(one.part),
        )
        for one in parts_of(request.actor, system_id)
    ]  # fmt: skip


@router.post("/parts", response={201: Registered}, summary="Register a part of a system")
def register_part(request: MemberRequest, wanted: PartWanted) -> Status[Registered]:
    """Register a part of a system."""
    return Status(201, commands.register_part(actor=request.actor, said=wanted.part()))


@router.put("/parts", response=Registered, summary="Change a part of a system")
def change_part(request: MemberRequest, wanted: PartChanged) -> Registered:
    """Write a new version of a part, from the version that was seen."""
    return commands.change_part(actor=request.actor, said=wanted.part(), expected_version=wanted.expected_version)


@router.post("/systems/{system_id}/resources", response={201: Registered}, summary="Describe resources")
def describe(request: MemberRequest, system_id: str, wanted: DescriptionWanted) -> Status[Registered]:
    """Propose a description of resources, tools or computing; it counts once a second person approved it."""
    said = Description(
        sort=wanted.sort, about=wanted.about, system_id=system_id, topics=wanted.topics, tools=tuple(wanted.tools)
    )
    return Status(201, commands.describe_resources(actor=request.actor, said=said))


@router.post("/systems/{system_id}/posts", response={201: Registered}, summary="Describe posts")
def describe_posts(request: MemberRequest, system_id: str, wanted: PostsWanted) -> Status[Registered]:
    """Propose the posts that a system needs over its life."""
    posts = tuple(Post(**{**one.model_dump(), "stages": tuple(str(s) for s in one.stages)}) for one in wanted.posts)
    said = Staffing(system_id=system_id, posts=posts)
    return Status(201, commands.describe_staffing(actor=request.actor, said=said))


@router.post("/systems/{system_id}/posts/filled", response={201: Registered}, summary="Say who fills the posts")
def fill_posts(request: MemberRequest, system_id: str, wanted: FilledWanted) -> Status[Registered]:
    """Propose which places are filled now."""
    holders = {seat: PersonId(person) for seat, person in wanted.holders.items()}
    check = StaffingCheck(system_id=system_id, holders=holders, basis=wanted.basis)
    return Status(201, commands.check_posts(actor=request.actor, check=check))


@router.get("/systems/{system_id}/reassess", response=list[ToReassess], summary="What must be looked at again")
def reassess(request: MemberRequest, system_id: str) -> list[ToReassess]:
    """List evidence about a system that a change made old, with the change."""
    ai_system(request.actor, system_id)
    return list(to_reassess(request.actor, system_id, at=clock.now()))


@router.get("/access", response=list[AccessReviewRecord], summary="List reviews of access")
def access(request: MemberRequest) -> list[AccessReviewRecord]:
    """List reviews of access, newest first. Deciding asks for a person."""
    return list(access_reviews(request.actor))
