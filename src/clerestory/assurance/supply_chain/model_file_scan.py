"""Unsafe code in model files: pickles, archives, Keras, ONNX, TensorFlow graphs and safetensors."""

from collections.abc import Sequence
from posixpath import dirname, join

from clerestory.assurance.measurement import Measurement
from clerestory.assurance.parameter import Parameter, Parameters
from clerestory.assurance.registry import MODEL_VERSION, check
from clerestory.assurance.supply_chain.model_form.scan import scan
from clerestory.assurance.supply_chain.pickle_opcodes import PATTERNS
from clerestory.assurance.tally import Request, Tallies
from clerestory.assurance.trial import Talk, trial_of, trial_tally
from clerestory.assurance.trial.census import Census, counted
from clerestory.assurance.trial.files import matching, offered, there

NAME = "supply_chain.model-file-scan"
_FILES = (*PATTERNS, "**/*.npz", "**/*.h5", "**/*.hdf5", "**/*.keras", "**/*.onnx", "**/*.safetensors", "**/*.pb",
          "**/*.gguf", "**/*.skops", "**/*.mar", "**/*.dill")  # fmt: skip
_PARAMETERS = (
    Parameter(
        name="files",
        kind="texts",
        default=_FILES,
        names_slice=True,
        meaning="Patterns of the model files, relative to the manifest.",
    ),
    Parameter(
        name="allow",
        kind="texts",
        names_slice=True,
        meaning="Names that a pickle may import too, as package.module.Name or package.module.*.",
    ),
)


def _wants(parameters: Parameters) -> tuple[Request, ...]:
    return (trial_of(NAME, parameters),)


def perform(parameters: Parameters) -> Talk:
    """Read each file in its own form; count files with something unsafe, and those that could not be judged."""
    census = Census()
    for path in (yield from matching(parameters.texts("files"))):
        body, why = yield from offered(path)
        if body is None:
            census.unjudged("file", f"{path} {why}")
            continue
        found = scan(path, body, parameters.texts("allow"))
        for place in found.external:
            if not (yield from there(join(dirname(path), place))):
                found.unread.append(f"points to {place}, which is not there")
        for line in _let_pass(path, body, found.unsafe, parameters.texts("allow")):
            census.left_out("allowed here", f"{path}: {line}")
        if found.unsafe:
            census.broken(found.form, f"{path}: {', '.join(dict.fromkeys(found.unsafe))}")
        elif found.unread:
            census.unjudged(found.form, f"{path} {', '.join(found.unread)}")
        else:
            census.kept(found.form)
    return census.tally()


def _let_pass(path: str, body: bytes, unsafe: Sequence[str], allow: tuple[str, ...]) -> list[str]:
    """Return what would be unsafe but for the names that this check was told to allow."""
    return sorted(set(scan(path, body).unsafe) - set(unsafe)) if allow else []


@check(NAME, subject=MODEL_VERSION, wants=_wants, parameters=_PARAMETERS, highest=None, trial=perform)
def model_file_scan(tallies: Tallies, parameters: Parameters) -> Measurement:
    """Count the model files with something in them that would run, or read elsewhere, when they are loaded.

    Formula: a file counts once when it holds one of: a name in a pickle that is not allowed (see
    supply_chain.pickle-opcodes), plain, compressed, in an archive, in an array of objects; a Keras layer with code, or
    a configuration that imports from elsewhere; an ONNX operator outside the known domains, or numbers in a file
    outside its folder; an operator of TensorFlow that reaches files or Python; a safetensors header that does not
    agree with the bytes behind it. The form is told by the bytes, not by the name. Kinds and their order follow
    modelscan and fickling (Trail of Bits 2021); nothing is loaded or carried out. Unit: number of files. The interval
    is from the files found unsafe to those plus the files that could not be judged (7z, LZ4, GGUF, broken archives,
    external numbers that are not there): it holds whatever these hold. INCONCLUSIVE where no file was found.
    What only ``allow`` lets pass is shown with its number.
    Misleads where harm lies in the numbers themselves: weights that behave badly are a matter of other checks. In an
    HDF5 file only the text of its configuration is looked for.

    Raises:
        TallyMissing: through `Check.measure`, when the trial was not made.
    """
    return counted(NAME, "model file by its form", trial_tally(NAME, tallies, parameters))
