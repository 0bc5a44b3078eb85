"""Evidence of resources: descriptions cover topics that they speak of, checks of posts the places that are filled."""

from datetime import datetime

from clerestory.registers.inventory.rules.record import Stage
from clerestory.registers.inventory.rules.resource import Description, Sort, Staffing, StaffingCheck
from clerestory.terms.evidence import Author, Evidence, Person, Subject


class ResourceWriter:
    """Makes the evidence of one person at one moment about one system."""

    def __init__(self, system_id: str, by: Person, at: datetime) -> None:
        self._system_id = system_id
        self._author = Author(Subject("ai_system", system_id), by, at)

    def description(self, said: Description, stage: Stage, version: int) -> Evidence:
        """Return the evidence of one version of a description."""
        text = "\n\n".join(f"{topic}\n{told}" for topic, told in said.said.items())
        covers = tuple(sorted(said.said))
        if said.sort is Sort.RESOURCES:
            return self._author.evidence(
                "record.resource_description",
                f"resource_description/{said.about}",
                version,
                {"version": str(version), "stage": str(stage)},
                covers=covers,
                text=text,
            )
        if said.sort is Sort.TOOLING:
            return self._author.evidence(
                "record.tooling_description",
                f"tooling_description/{said.about}",
                version,
                {"version": str(version), "tools": said.tools},
                subject=Subject("model_version", said.about),
                covers=covers,
                text=text,
            )
        return self._author.evidence(
            "record.computing_description",
            f"computing_description/{said.about}",
            version,
            {
                "version": str(version),
                "region": said.said.get("place", ""),
                "capacity": said.said.get("capacity", ""),
            },
            subject=Subject("deployment", said.about),
            covers=covers,
            text=text,
        )

    def staffing(self, said: Staffing, version: int) -> Evidence:
        """Return the evidence of the posts that a system needs; its list is what checks are counted by."""
        told = "\n".join(
            f"- {post.name} ({post.number}): {post.skills}; {', '.join(post.stages)}" for post in said.posts
        )
        return self._author.evidence(
            "record.staffing_description",
            f"staffing_description/{said.system_id}",
            version,
            {"version": str(version), "posts": len(said.seats)},
            covers=said.topics,
            lists={"staffing_posts": said.seats},
            text=told,
        )

    def staffing_check(self, check: StaffingCheck, staffing: Staffing, version: int) -> Evidence:
        """Return the evidence of which places are filled; who fills them stays out of the facts."""
        return self._author.evidence(
            "record.staffing_check",
            f"staffing_check/{check.system_id}",
            version,
            {"posts_filled": len(check.holders), "posts": len(staffing.seats)},
            covers=tuple(check.holders),
            text=check.basis,
        )
