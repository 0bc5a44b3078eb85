"""The version of a language model that has no artefact: what answers is known by where it is and how it is prompted."""

import hashlib

from clerestory.intake.language_model.chat import open_chatting
from clerestory.intake.manifest import Manifest, ModelTable
from clerestory.intake.model import Model
from clerestory.terms.ids import Digest


def language_model_version(manifest: Manifest) -> Model | None:
    """Return the version that checks of a language model are about; None where [model] names one, or there is none.

    Its digest is of the name at its address, or of the entry with the bytes of its module, and of the system prompt.
    What stands behind an address can change unseen: a provider's new weights under an old name are the same version
    here, which is why results on language models go stale soon.

    Raises:
        LanguageModelUnusable: prompt or entry cannot be used.
    """
    table = manifest.language_model
    if manifest.model is not None or table is None:
        return None
    chatting = open_chatting(manifest)
    notes = {} if chatting is None else chatting.notes
    said = "\n".join(f"{name}: {text}" for name, text in sorted(notes.items()) if "judge" not in name)
    settings = f"\ntemperature: {table.temperature}\nmax_tokens: {table.max_tokens}\n"
    digest = Digest("sha256:" + hashlib.sha256((said + settings).encode()).hexdigest())
    named = ModelTable(entry=table.entry, url=table.url, version=table.model, generative=True)
    module = None if table.entry is None else manifest.folder / f"{table.entry.partition(':')[0].replace('.', '/')}.py"
    return Model(file=module, digest=digest, table=named, folder=manifest.folder)
