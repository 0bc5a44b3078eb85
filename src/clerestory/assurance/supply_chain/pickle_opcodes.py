"""Dangerous instructions in pickled files: imports and calls that are not on the list of what a model needs."""

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.supply_chain.model_form.packed import streams
from clerestory.assurance.supply_chain.pickled import names
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import matching, offered

NAME = "supply_chain.pickle-opcodes"
PATTERNS = ("**/*.pkl", "**/*.pickle", "**/*.joblib", "**/*.pt", "**/*.pth", "**/*.ckpt", "**/*.bin", "**/*.npy")
_PARAMETERS = (
    Parameter(
        name="files",
        kind="texts",
        default=PATTERNS,
        names_slice=True,
        meaning="Patterns of the pickled files, relative to the manifest.",
    ),
    Parameter(
        name="allow",
        kind="texts",
        names_slice=True,
        meaning="Names that may be imported too, as package.module.Name or package.module.*.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Walk every stream of every file; count each kind of use of a name that is not allowed."""
    census, allow = Census(), parameters.texts("allow")
    paths = yield from matching(parameters.texts("files"))
    for path in paths:
        body, why = yield from offered(path)
        if body is None:
            census.unjudged("stream", f"{path} {why}")
            continue
        packed = streams(path, body)
        for unread in packed.unread:
            census.unjudged("stream", unread)
        for where, found in packed.walked:
            bad = names.dangers(found.uses, allow)
            for line in sorted(set(names.dangers(found.uses)) - set(bad)):
                census.left_out("allowed here", f"{where}: {line}")
            for line in bad:
                census.broken("instruction", f"{where}: {line}")
            census.kept("instruction", max(len(found.uses) - len(bad), 0))
            if not found.whole and not bad:
                census.unjudged("stream", f"{where}: {found.fault or 'has no end'}")
            else:
                census.kept("stream")
    census.note("files", str(len(paths)))
    return census.tally()


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def pickle_opcodes(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the dangerous instructions in pickled files; ``<= 0`` asks that there is none.

    A pickle is a program: loading it imports and calls whatever it names (Slaviero 2011, "Sour Pickles"; the manual of
    the module says never to load an untrusted one). Formula: per stream the stack is followed without carrying anything
    out, and each distinct import (GLOBAL, STACK_GLOBAL, INST, EXT), call (REDUCE, OBJ, NEWOBJ) or BUILD whose name is
    not on the list of allowed names counts as one; so does one whose name cannot be told. Streams behind the first,
    compressed ones, those inside archives and those behind arrays of joblib are walked too. Unit: number of
    instructions. The interval is from what was found to that plus the streams that could not be read: it holds whatever
    they hold. A stream that breaks off after a finding counts, since the unpickler would have acted by then.
    INCONCLUSIVE where nothing was found to walk, or a stream could not be followed.
    Measured: all of 20 known ways to hide a call are found, and none in the files that joblib's own tests keep of
    Python 2.7 to 3.6, nor in models of scikit-learn.
    Uses that only ``allow`` lets pass are shown with their number.
    Misleads where an allowed class does harm by what its own methods do: the list says what it trusts, not more.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "stack of the unpickler, allowed names", trial_tally(NAME, tallies, parameters))
