"""``clerestory-verify FILE [--trust FILE] [--json]``: the auditor's command, without server and without network."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from clerestory.terms.error import ClerestoryError
from clerestory.verify import sample
from clerestory.verify.single import is_proof, verify_entry
from clerestory.verify.trust import LARGEST, Trust, TrustUnreadable, read_trust
from clerestory.verify.verdict import Exit, Verdict, unreadable
from clerestory.verify.verify import verify
from clerestory.verify.words import page

_IN_LETTERS = str.maketrans({"\u2713": "ok", "\u2717": "NO"})
_EPILOG = """example:
  clerestory-verify northlight.zip --trust northlight-trust.json
  clerestory-verify northlight.zip --trust northlight-trust.json --sample 25 --seed "22 November, dice 4 1 6"

exit codes:
  0  everything follows and the log's key vouches for it
  1  something does not follow: a changed byte, a bad signature, a status that the evidence does not give
  2  wrong usage, or a file that cannot be read as a pack or trust file
  4  the pack agrees with itself, but no trust file was given
  5  fewer witnesses than the trust file asks for
"""


def run(arguments: Sequence[str] | None = None) -> None:
    """Check a pack and leave with the exit code of the verdict."""
    sys.exit(main(arguments))


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a pack, print the verdict and return its exit code."""
    given = _parser().parse_args(arguments)
    verdict = check(given.pack, given.trust, given.earlier)
    try:
        if given.sample is not None and verdict.follows:
            code = show_sample(given.pack, verdict, given.sample, given.seed, given.kind, as_json=given.json)
            sys.stdout.flush()
            return code
        show(verdict, given.pack.name, as_json=given.json)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader has seen enough
            return int(verdict.exit_code)
        print(f"The verdict cannot be written: {error.strerror}. Free some space, then try again.", file=sys.stderr)
        return int(Exit.BAD_INPUT)
    return int(verdict.exit_code)


def check(pack: Path, trust: Path | None, earlier: Sequence[Path] = ()) -> Verdict:
    """Check a pack or the proof of one entry against a trust file, or against itself alone."""
    try:
        trusted = None if trust is None else read_trust(_head(trust))
    except TrustUnreadable as error:
        return unreadable("E_TRUST", str(trust), error.problem, error.remedy)
    except OSError as error:
        return unreadable(
            "E_TRUST",
            str(trust),
            f"The trust file cannot be read: {error.strerror}.",
            "Check the path and that you may read it.",
        )
    return _checked(pack, trusted, earlier)


def _checked(file: Path, trust: Trust | None, earlier: Sequence[Path]) -> Verdict:
    try:
        single = is_proof(file)
    except OSError:
        single = False
    if not single:
        return verify(file, trust, earlier=earlier)
    if earlier:
        return unreadable(
            "E_PROOF",
            file.name,
            "The proof of one entry cannot be compared with an earlier file.",
            "Leave --earlier out, or ask for a pack.",
        )
    return verify_entry(file, trust)


def show(verdict: Verdict, name: str, *, as_json: bool) -> None:
    """Print the verdict: words on stdout, or the document there and the words on stderr; bad input always on stderr."""
    words = page(verdict, name)
    if as_json:
        document = json.dumps(verdict.document(), ensure_ascii=False, indent=2)
        print(document if _can_say(document, sys.stdout) else json.dumps(verdict.document(), indent=2))
    _say(words, sys.stderr if as_json or verdict.exit_code == Exit.BAD_INPUT else sys.stdout)


def show_sample(file: Path, verdict: Verdict, count: int, seed: str, kind: str, *, as_json: bool) -> int:
    """Draw and print a sample of a pack that follows, and return the exit code; the verdict goes to stderr."""
    try:
        found = sample.sample(file, count, seed, kind)
    except ClerestoryError as error:
        _say(f"{error.problem} {error.remedy}", sys.stderr)
        return int(Exit.BAD_INPUT)
    words = sample.page(found, file.name)
    document = json.dumps(found.document(), ensure_ascii=False, indent=2)
    if as_json:
        print(document if _can_say(document, sys.stdout) else json.dumps(found.document(), indent=2))
    else:
        _say(words, sys.stdout)
    if verdict.exit_code != Exit.FINE:
        _say(page(verdict, file.name), sys.stderr)
    return int(verdict.exit_code)


def _say(words: str, stream: TextIO) -> None:
    """Print words; a place without such letters, as a file on Windows, gets letters that it has."""
    if not _can_say(words, stream):
        encoding = stream.encoding
        words = words.translate(_IN_LETTERS).encode(encoding, "replace").decode(encoding)
    print(words, file=stream)


def _can_say(text: str, stream: TextIO) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="clerestory-verify",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Check an audit pack offline: the whole log, its signature, every content and every status; or the "
        "proof of one entry.",
    )
    parser.add_argument("pack", type=Path, help="the pack, a zip file, or a .tlog-proof")
    parser.add_argument(
        "--trust",
        type=Path,
        metavar="FILE",
        help="the log's keys, as `clerestory ledger trust` prints them, or a C2SP policy of logs and witnesses",
    )
    parser.add_argument(
        "--earlier",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="a pack or checkpoint received before, which this log must extend; may be repeated",
    )
    parser.add_argument("--sample", type=int, metavar="NUMBER", help="draw so many entries of a pack that follows")
    parser.add_argument(
        "--seed", default="", metavar="TEXT", help="what the sample is drawn by; say it after you received the pack"
    )
    parser.add_argument("--kind", default="", help="draw from the entries of this kind alone")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


if __name__ == "__main__":
    raise SystemExit(Exit(main()))
