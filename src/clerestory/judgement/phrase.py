"""What is missing or worth knowing, as a code with parameters and as an English sentence.

The sentences are sources for translation: a shell translates the template of the code and fills in the parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

TEMPLATES: Mapping[str, str] = {
    # nothing is there
    "none_registered": "No {population} is registered; {bringer}.",
    "none_in_population": "No {population} meets {filter}, so nothing shows that the rule is kept.",
    "no_linked": "{subject}: no {population} is linked to it; {bringer}.",
    "no_record": "{subject}: there is no record of {kind} ({meaning}); {bringer}.",
    "no_result": "{subject}: no current {check} result; run `clerestory check` with it.",
    "no_family_result": "{subject}: no current {family} result; declare its criteria and run `clerestory check`.",
    "no_runtime_result": "{subject}: no current {check} result; {bringer}.",
    "not_provable": "{subject}: {kind} is not provable in this version.",
    "no_rule": "No rule of this version proves this requirement; evidence of other frameworks is shown beside it.",
    "nothing_applies": "No rule of this requirement applies to anything, and a requirement cannot conform on nothing.",
    # something is there, but does not count
    "not_approved": "{subject}: {kind} of {day} (entry {entry}) is not approved.",
    "author_approved": "{subject}: {kind} of {day} (entry {entry}) was approved by its author; "
    "approval by the author does not count.",
    "wrong_approver": "{subject}: {kind} of {day} (entry {entry}) is not approved in the role {role}.",
    "wrong_maker": "{subject}: {kind} of {day} (entry {entry}) was not made or signed in the role {role}.",
    "not_independent": "{subject}: {kind} of {day} (entry {entry}) was not made by someone who is known "
    "not to answer for it.",
    "not_reproduced": "{subject}: {kind} of {day} (entry {entry}) was pushed; "
    "a run by the server or a repeated run is asked.",
    "wrong_value": "{subject}: {kind} of {day} (entry {entry}) does not say {field} = {values}.",
    "contradicted": "{subject}: {kind} of {day} (entry {entry}) was replaced by a later version that says otherwise.",
    "content_erased": "{subject}: the content of {kind} of {day} (entry {entry}) was erased by entry {by}.",
    "content_absent": "{subject}: {kind} of {day} (entry {entry}) has no content behind it.",
    # once held
    "aged": "{subject}: {kind} of {day} (entry {entry}) is older than {age}; {bringer}.",
    "ended": "{subject}: {kind} of {day} (entry {entry}) ended on {ended}; {bringer}.",
    "changed": "{subject}: {kind} of {day} (entry {entry}) is from before the latest change of {changes} on {changed}; "
    "{bringer}.",
    "revoked": "{subject}: {kind} of {day} (entry {entry}) was revoked by entry {by}; {bringer}.",
    "superseded": "{subject}: {kind} of {day} (entry {entry}) was replaced by entry {by}; {bringer}.",
    # verdicts
    "failed": "{subject}: {check} failed its criterion {criterion} on {day} (entry {entry}).",
    "failed_slice": "{subject}: {check} failed its criterion {criterion} for {slice} on {day} (entry {entry}).",
    "inconclusive": "{subject}: {check} could not conclude on {criterion} on {day} (entry {entry}): {reason}.",
    "inconclusive_slice": "{subject}: {check} could not conclude on {criterion} for {slice} on {day} (entry {entry}): "
    "{reason}.",
    # coverage
    "empty_list": "{subject}: the list of {list} is empty or was not recorded, so nothing is covered.",
    "uncovered": "{subject}: {have} of {need} {list} covered; not covered: {items}.",
    "no_criteria": "{subject}: no criteria are declared for {family}; declare them in clerestory.toml.",
    "undecided": "{subject}: {items} declared, but without a current pass.",
    "unassessed_share": "{subject}: {check} of {day} (entry {entry}) leaves {share} of people unassessed; "
    "at most {most} is allowed.",
    "share_unknown": "{subject}: {check} of {day} (entry {entry}) does not say how many people it leaves unassessed.",
    # order and answers
    "came_before": "{subject}: {later} of {day} (entry {entry}) came before an approved {kind}; "
    "revoke it or show an earlier approval.",
    "unanswered": "{subject}: {raised} of {day} (entry {entry}) has no answer by {kind}; {bringer}.",
    "pending": "{subject}: {raised} of {day} (entry {entry}) is open until {due}, and none was ever answered by "
    "{kind}; {bringer}.",
    "overdue": "{subject}: {raised} of {day} (entry {entry}) was due on {due} and has no answer by {kind}; {bringer}.",
    "none_raised": "{subject}: no {raised} was raised, and no {kind} says that none was called for; {bringer}.",
    "none_raised_lately": "{subject}: no {raised} was raised within {within}, "
    "and no {kind} says that none was called for; {bringer}.",
    # statements about the whole requirement
    "major_nonconformity": "A major nonconformity of {day} (entry {entry}) is open against this requirement.",
    "major_finding": "A major audit finding of {day} (entry {entry}) against this requirement is not followed up.",
    "more": "And {count} more of {total} {population}.",
    # notes beside the status
    "excluded": "Excluded by an approved decision of {day} (entry {entry}): {justification}",
    "exclusion_not_approved": "The decision of {day} (entry {entry}) to exclude this control is not approved "
    "by a second person and does not count.",
    "excepted": "Rule {rule} is loosened for {subject} until {until} by entry {entry}: {justification}",
    "erased": "Content was erased by entry {by} (entry {entry}); the facts stay.",
    "share": "{subject}: {share} of people are in groups too small to assess (entry {entry}).",
    "minor_nonconformity": "Open nonconformities or findings below major against this requirement: {count}.",
    "failure_revoked": "{subject}: a failed {check} result (entry {entry}) was revoked by entry {by}.",
    "unknown_field": "{subject}: {field} is not known, so the rule looks at it.",
    "tier_assumed": "{subject}: no tier is known, so the strictest is asked.",
}
"""Code -> English sentence with the names of its parameters."""


@dataclass(frozen=True, slots=True, order=True)
class Phrase:
    """A code of `TEMPLATES` with its parameters as pairs."""

    code: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The English sentence."""
        return TEMPLATES[self.code].format_map(dict(self.parameters))

    def __str__(self) -> str:
        return self.text


def phrase(code: str, **parameters: str) -> Phrase:
    """Make a phrase of the parameters that its template names; every one of them must be given."""
    return Phrase(code, tuple((name, parameters[name]) for name in _NAMES[code]))


_NAMES = {
    code: tuple(sorted({name for _, name, _, _ in Formatter().parse(template) if name}))
    for code, template in TEMPLATES.items()
}


Missing = Phrase
"""What is missing: for whom, what, and who would bring it."""
Note = Phrase
"""What is worth knowing beside the status."""
