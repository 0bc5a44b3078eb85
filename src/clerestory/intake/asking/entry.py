"""A Python function beside the manifest that is asked in a process of its own: JSON in, JSON out, with a time limit.

The code is the user's, named in the manifest. It cannot hang or end the run, and what it prints does not mix with
answers.
"""

import json
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from clerestory.assurance.trial import Unanswered
from clerestory.terms.error import ClerestoryError

LARGEST = 64 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_PROGRAM = Path(__file__).with_name("entry_process.py")
_START_S = 60.0


class EntryUnusable(ClerestoryError):
    """A Python entry is not named as ``module:function``, or it cannot be imported."""


class Entry:
    """One function, asked in turn. Its process starts with the first call and again after it ended."""

    def __init__(self, folder: Path, name: str, *, timeout_s: float = 60.0) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if not _NAME.fullmatch(name):
            raise EntryUnusable(f"The entry {name!r} is no module:function.", 'Write it like "scoring:predict".')
        self._folder, self.name, self._timeout_s = folder, name, timeout_s
        self._answers: queue.Queue[bytes] = queue.Queue()

    def ask(self, document: object) -> object:
        """Return what the function returns for a document.

        Raises:
            EntryUnusable: the function is not there or cannot be imported.
            Unanswered: it raised, took longer than its time, ended, or returned what is no JSON.
        """
        process = self._process if self._process is not None and self._process.poll() is None else self._start()
        if process.stdin is None:
            raise TypeError("the process of an entry is started with a pipe")
        try:
            process.stdin.write(json.dumps(document).encode() + b"\n")
            process.stdin.flush()
        except OSError as error:
            self.close()
            raise self._silent("ended") from error
        answer = self._next(self._timeout_s)
        if "error" in answer:
            raise Unanswered(f"{self.name} raised {answer['error']}.", "Correct the function, or what it is given.")
        return answer["answer"]

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()

    def __del__(self) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        self.close()
        self._answers = queue.Queue()
        process = subprocess.Popen(
            [sys.executable, "-P", str(_PROGRAM), str(self._folder), self.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self._folder,
        )  # fmt: skip
        self._process = process
        if process.stdout is None:
            raise TypeError("the process of an entry is started with a pipe")
        threading.Thread(target=_pass_on, args=(process.stdout, self._answers), daemon=True).start()
        hello = self._next(_START_S)
        if "error" in hello:
            self.close()
            raise EntryUnusable(
                f"The entry {self.name} cannot be used: {hello['error']}.", "Correct its name or its module."
            )
        return process

    def _next(self, timeout_s: float) -> dict[str, object]:
        try:
            line = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            self.close()
            raise self._silent(f"did not answer within {timeout_s:g} s") from None
        try:
            answer = json.loads(line)
        except ValueError:
            self.close()
            raise self._silent("ended without an answer") from None
        return answer if isinstance(answer, dict) else {}

    def _silent(self, what: str) -> Unanswered:
        return Unanswered(f"{self.name} {what}.", "Try it by itself, or give it more time: timeout_s.")


def _pass_on(stream: IO[bytes], answers: "queue.Queue[bytes]") -> None:
    """Hand lines over until the process ends; the end is an empty line."""
    try:
        while line := stream.readline(LARGEST):
            answers.put(line)
    except (OSError, ValueError):
        pass
    answers.put(b"")
