"""The page that says what proves which requirement of ISO/IEC 42001: written from the catalogue's rules and kinds."""

from collections.abc import Iterator

from clerestory.catalogue.load import load
from clerestory.catalogue.rule import Need, Rule

TEXT = """# What proves which requirement

A requirement conforms when every rule below holds for everything that it is about. A record alone never proves
operation: where *a check* stands, something was measured. Who approves is never who wrote. What is marked **not yet**
has no register in this version: its requirement is not provable until it has one. The same is said of what a rule goes
through, of the list that it counts against, and of changes that nothing in this version makes known.

"again after" names changes that make earlier evidence old; "within" is how old it may be. A record that is taken back,
expires or fails stops counting at once. Tiers may ask for more, and [rules as data](../rules.md) say how to read them.
"""
FRAMEWORK = "iso42001-2023"


def proofs_page(head: str) -> str:
    """Return the page: requirement by requirement, rule by rule, need by need."""
    catalogue = load()
    framework = next(name for name in catalogue.rules if name == FRAMEWORK)
    titles = {one.id: one.title for one in catalogue.frameworks[framework].requirements}
    parts = [head + TEXT]
    told = None
    for rule in catalogue.rules[framework]:
        if rule.requirement != told:
            parts.append(f"## {rule.requirement} {titles[rule.requirement]}\n")
            told = rule.requirement
        parts.append(_told(rule))
    return "\n".join(parts)


def _told(rule: Rule) -> str:
    about = "the organisation" if rule.for_each == "organisation" else f"each {rule.for_each.replace('_', ' ')}"
    rows = [f"| {_what(need)} | {_from(need)} | {_how(need)} |" for need in _needs(rule)]
    if not _is_kept(_member_of(rule.for_each)):
        about += ", which **no register keeps yet**"
    return f"{rule.because} *For {about}.*\n\n| shown by | brought by | and |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _member_of(subject: str) -> str:
    return next(one.member for name, one in load().subjects.items() if name == subject)


def _is_kept(kind: str) -> bool:
    return kind not in load().not_yet_produced.kinds


def _change(name: str) -> str:
    """Return a change as it is written; one that is seen in nothing that this version keeps says so."""
    kinds = {kind for kind, _field in load().changes[name].seen_in}
    return name if any(_is_kept(kind) for kind in kinds) else f"{name} (**not yet** seen)"


def _needs(rule: Rule) -> Iterator[Need]:
    yield from rule.needs
    for group in rule.any_of:
        yield from group


def _what(need: Need) -> str:
    catalogue = load()
    if need.check is not None:
        return f"`{need.check}`: {catalogue.checks[need.check].what}"
    if need.families:
        return "all checks of " + ", ".join(f"`{family}`" for family in need.families)
    if need.kind == "check":
        return "the checks that the list on the right names"
    return f"`{need.kind}`: {catalogue.kinds[need.kind].meaning}"


def _from(need: Need) -> str:
    if need.kind in load().not_yet_produced.kinds:
        return "**not yet**"
    if need.measured:
        return "a check"
    return "register " + load().kinds[need.kind].producer.rpartition("/")[2]


def _how(need: Need) -> str:
    return "; ".join(_said(need)).replace("_", " ")


def _said(need: Need) -> Iterator[str]:
    if need.verdict_pass:
        yield "passes"
    if need.approver:
        yield f"approved by {need.approver}"
    elif need.second_person or need.approved:
        yield "approved by a second person"
    if need.by:
        yield f"signed as {need.by}"
    if need.independent:
        yield "by somebody who does not answer for it"
    if need.coverage is not None:
        later = "" if _is_kept(load().coverages[need.coverage.of].counted_from) else " (**not yet** listed)"
        yield f"covers {need.coverage.minimum:.0%} of {need.coverage.of}{later}"
    if need.answers is not None:
        later = "" if _is_kept(need.answers.kind) else " (**not yet** raised)"
        yield f"answers each {need.answers.kind.partition('.')[2]} in time{later}"
    if need.precedes is not None:
        yield f"there before {need.precedes.kind.partition('.')[2]}"
    if need.max_age is not None:
        yield f"within {need.max_age.days} days"
    if need.on_change:
        yield f"again after a change of {', '.join(map(_change, need.on_change))}"
