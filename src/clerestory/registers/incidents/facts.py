"""Evidence about concerns. It never holds what somebody wrote or who it was."""

from datetime import date, datetime

from clerestory.registers.incidents.rules import Concern, Outcome, Procedure
from clerestory.terms.evidence import Author, Evidence, Machine, Person, Subject
from clerestory.terms.ids import EntryId, OrganisationId


class Writer:
    """Makes the evidence of one person, or of the product itself, at one moment for one organisation."""

    def __init__(self, organisation_id: OrganisationId, by: Machine | Person, at: datetime) -> None:
        self._author = Author(Subject("organisation", organisation_id), by, at)

    def procedure(self, procedure: Procedure, version: int) -> Evidence:
        """Return the evidence of one version of the procedure; it covers the protections that it gives."""
        return self._author.evidence(
            "record.concern_procedure",
            "concern_procedure/main",
            version,
            {"version": str(version), "safeguards": procedure.safeguards},
            covers=procedure.safeguards,
            text=procedure.text,
        )

    def concern(self, concern: Concern, due_on: date, number: int) -> Evidence:
        """Return the evidence that a concern came in: its topic, whether it came without a name, and its day."""
        return self._author.evidence(
            "register.concern",
            f"concern/{number}",
            1,
            {"topic": concern.topic, "anonymous": concern.is_anonymous, "due_on": due_on.isoformat()},
        )

    def outcome(self, outcome: Outcome, concern: EntryId, number: int, version: int) -> Evidence:
        """Return the evidence of what came of a concern, which answers it."""
        return self._author.evidence(
            "record.concern_outcome",
            f"concern_outcome/{number}",
            version,
            {"outcome": outcome.outcome, "feedback_given": True},
            answers=(concern,),
        )

    def erasure(self, erased: tuple[EntryId, ...], ground: str, number: int) -> Evidence:
        """Return the evidence that what was written about a concern was destroyed, and on what ground."""
        return self._author.evidence(
            "record.erasure", f"erasure/concern/{number}", 1, {"erased": erased, "ground": ground}
        )

    def trial(self, *, reached: bool, anonymous: bool, number: int) -> Evidence:
        """Return the evidence of a trial of the channel."""
        return self._author.evidence(
            "record.channel_trial",
            f"channel_trial/concern/{number}",
            1,
            {"channel": "concern", "reached_receiver": reached, "anonymous": anonymous},
        )
