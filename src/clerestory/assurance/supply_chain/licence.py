"""Licence terms of data, models and code against the organisation's rules."""

from collections.abc import Iterator, Mapping
from typing import Any

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.supply_chain.spdx import NotAnExpression, Rules, parse, permitted
from clerestory.assurance.supply_chain.weakness.listed import Part, listed_in
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import FileUnusable, matching, needed, structured, tables, texts

NAME = "supply_chain.licence"
KINDS = ("code", "data", "model")
_PARAMETERS = (
    Parameter(
        name="rules",
        kind="text",
        default="licences.toml",
        names_slice=True,
        meaning="The rules as TOML: allow and deny, lists of SPDX names; [data], [model], [code] with lists of their "
        "own; [[accepted]] with name and reason.",
    ),
    Parameter(
        name="parts",
        kind="texts",
        default=("**/*.cdx.json", "**/*.spdx.json"),
        names_slice=True,
        meaning="Patterns of the lists of parts with their licences: CycloneDX or SPDX as JSON, wheels.",
    ),
    Parameter(
        name="terms",
        kind="text",
        names_slice=True,
        meaning="A TOML or JSON file with [[item]]: name, kind (data, model or code) and licence, for what no list of "
        "parts names.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Hold the terms of each part and item against the rules of its kind."""
    path = parameters.text("rules")
    document = structured(path, (yield from needed(path)))
    rules = {kind: _rules(path, document, kind) for kind in KINDS}
    accepted = {str(item["name"]) for item in tables(path, document, "accepted", ("name", "reason"))}
    listed = set[Part]()
    census = Census()
    for file in (yield from matching(parameters.texts("parts"))):
        found = yield from listed_in(file)
        listed.update(found.parts)
        for unread in found.unread:
            census.unjudged("list of parts", unread)
    if terms := parameters.optional("terms"):
        listed.update(_items(terms, structured(terms, (yield from needed(terms)))))
    for part in sorted(listed):
        _judge(part, rules[part.kind], accepted, census)
    if accepted:
        census.note("accepted", ", ".join(sorted(accepted)))
    return census.tally()


def _rules(path: str, document: Mapping[str, Any], kind: str) -> Rules:
    own = document.get(kind, {})
    if not isinstance(own, Mapping):
        raise FileUnusable(f"{path}: {kind!r} is no table.", f"Write [{kind}] with allow and deny below it.")
    allow, deny = (texts(path, own if key in own else document, key) for key in ("allow", "deny"))
    if not allow:
        raise FileUnusable(f"{path} allows no licence for {kind}.", 'Write allow = ["MIT", "Apache-2.0"].')
    return Rules.of(allow, deny)


def _items(path: str, document: Mapping[str, Any]) -> Iterator[Part]:
    for item in tables(path, document, "item", ("name", "kind")):
        if item["kind"] not in KINDS:
            raise FileUnusable(
                f"{path}: {item['name']} is of kind {item['kind']!r}.", f"Write one of {', '.join(KINDS)}."
            )
        yield Part("", str(item["name"]), str(item.get("version", "")), str(item.get("licence", "")), str(item["kind"]))


def _judge(part: Part, rules: Rules, accepted: set[str], census: Census) -> None:
    said = part.licence.strip()
    answer, why = rules.says(said), "neither allowed nor denied"
    if not said or said.upper() in ("NOASSERTION", "NONE", "UNKNOWN"):
        answer, why = None, "no terms are given"
    elif answer is None:
        try:
            answer = permitted(parse(said), rules)
        except NotAnExpression as error:
            why = f"no licence expression, {error}"
    if answer or part.name in accepted:
        census.kept(part.kind)
    elif answer is None:
        census.unjudged(part.kind, f"{part}: {said or '(none)'}, {why}")
    else:
        census.broken(part.kind, f"{part}: {said}")


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def licence(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the parts, data and models whose licence terms the rules deny; ``<= 0`` asks that there is none.

    Formula: each part's SPDX expression (SPDX 2.3, annex D) is read by its grammar: WITH binds closest, then AND, then
    OR. A licence is allowed, denied or unknown to the rules; of OR one allowed is enough, of AND all must be, in the
    logic of three values of Kleene (1952). Denied: it counts. Unknown, no terms given, or no expression: not judged.
    Terms of data and models have lists of their own where the rules give them. Unit: number of parts. The interval is
    from those denied to those plus all not judged: it holds whatever their terms are. INCONCLUSIVE where nothing is
    listed. Misleads where a list states another licence than the files carry, and it weighs no use: a licence may allow
    to run a model and deny to sell what it makes.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "SPDX expressions against rules", trial_tally(NAME, tallies, parameters))
