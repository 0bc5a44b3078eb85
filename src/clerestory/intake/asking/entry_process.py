"""The process of a Python entry: a JSON document per line in, a JSON document per line out."""

import importlib
import json
import os
import sys
from typing import IO


def serve(folder: str, name: str, questions: IO[str], answers: IO[str]) -> None:
    """Answer until there are no more questions; the first line says whether the function is there."""

    def say(document: object) -> None:
        answers.write(json.dumps(document) + "\n")
        answers.flush()

    sys.path.insert(0, folder)
    module, _, function = name.partition(":")
    try:
        call = getattr(importlib.import_module(module), function)
    # house: allow no-broad-except: the user's code; whatever it raises is told to the run that asked
    except Exception as error:
        say({"error": f"{type(error).__name__}: {error}"[:300]})
        return
    say({"ready": True})
    for line in questions:
        try:
            say({"answer": call(json.loads(line))})
        # house: allow no-broad-except: the user's code; whatever it raises is told to the run that asked
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"[:300]})


if __name__ == "__main__":
    # What the function prints goes to stderr: the first descriptor carries answers alone.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as own:
        os.dup2(2, 1)
        serve(sys.argv[1], sys.argv[2], sys.stdin, own)
