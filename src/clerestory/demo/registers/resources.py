"""What the demo's systems need (A.4): resources, tools behind models, computing of what runs, posts and holders."""

from clerestory.demo.people import Staff
from clerestory.demo.registers.systems import version_in_use
from clerestory.demo.told import Clock, Story, story
from clerestory.registers.inventory.commands import check_posts, describe_resources, describe_staffing
from clerestory.registers.inventory.rules.resource import Description, Post, Sort, Staffing, StaffingCheck


def describe(staff: Staff, clock: Clock) -> None:
    """Describe what each system needs and check which posts are filled; second people approve each."""
    told = story("systems")
    said: list[Description] = []
    for system_id, topics in told["resources"].items():
        said.append(Description(sort=Sort.RESOURCES, about=system_id, system_id=system_id, topics=topics))
    for system_id, behind in told["tooling"].items():
        topics = {name: text for name, text in behind.items() if name != "tools"}
        version = version_in_use(staff, system_id)
        said.append(
            Description(
                sort=Sort.TOOLING, about=version, system_id=system_id, topics=topics, tools=tuple(behind["tools"])
            )
        )
    for deployment, of in told["computing"].items():
        topics = {name: text for name, text in of.items() if name != "system"}
        said.append(Description(sort=Sort.COMPUTING, about=deployment, system_id=of["system"], topics=topics))
    for description in said:
        describe_resources(actor=staff.engineer, said=description, now=clock())
    for system_id in told["resources"]:
        _staff_it(staff, system_id, [post for post in told["post"] if post["system"] == system_id], clock)


def _staff_it(staff: Staff, system_id: str, posts: list[Story], clock: Clock) -> None:
    needed = tuple(
        Post(
            name=post["name"],
            skills=post["skills"],
            stages=tuple(post["stages"]),
            oversight=post.get("oversight", False),
        )
        for post in posts
    )
    describe_staffing(actor=staff.engineer, said=Staffing(system_id=system_id, posts=needed), now=clock())
    check_posts(
        actor=staff.lead,
        check=StaffingCheck(
            system_id=system_id,
            holders={post["name"]: staff.named(post["holder"]).person_id for post in posts},
            basis=story("systems")["staffing"]["basis"],
        ),
        now=clock(),
    )
