"""verify.py as a file: what it needs, on which Pythons it runs, and how it is made of the product's own modules."""

import ast
import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clerestory.ledger import sign, strict
from clerestory.report.verifier import curve, older
from clerestory.report.verifier.gather import NotGathered
from clerestory.report.verifier.page import page
from clerestory.report.verifier.write import digest, one_file, verifier
from clerestory.verify.derivation import derive
from clerestory.verify.trust import trust_text
from tests.cli.server.test_commands import call, document
from tests.ledger.test_sign import vectors
from tests.simulators import alone
from tests.simulators.log import small_log
from tests.simulators.pack import TRUST, pack_of

AS_3_9 = """
import runpy, sys
sys.version_info = (3, 9, 18, "final", 0)
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""
NEEDED = {
    "__future__", "argparse", "base64", "bisect", "collections", "dataclasses", "datetime", "decimal", "enum",
    "functools", "hashlib", "hmac", "html", "itertools", "json", "operator", "os", "pathlib", "re", "string", "struct",
    "sys", "textwrap", "types", "typing", "zlib",
}  # fmt: skip
"""Modules of Python 3.9; none of them opens a connection, starts a process or loads a file to run."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("auditor")
    (place / "verify.py").write_bytes(alone.text())
    (place / "northlight.zip").write_bytes(pack_of(small_log(), judge=derive))
    (place / "trust.json").write_text(trust_text(TRUST))
    return place


def ran(folder: Path, *command: str) -> subprocess.CompletedProcess:
    """Run it where nothing of ours can be found."""
    return subprocess.run(
        [*command, "northlight.zip", "--trust", "trust.json", "--json"],
        cwd=folder, env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


def test_it_runs_without_site_packages_and_derives_every_status(folder):
    done = ran(folder, sys.executable, "-I", "-S", "-W", "error", "verify.py")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["derivation"]["verdict"] == "follows"
    assert "Everything in this pack follows" in done.stderr


@pytest.mark.skipif(shutil.which("unshare") is None, reason="the system has no command that takes the network away")
def test_it_runs_where_there_is_no_network(folder):
    without = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*without, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not take the network away")
    assert ran(folder, *without, sys.executable, "-I", "-S", "verify.py").returncode == 0


def test_what_python_3_9_lacks_it_brings_along(folder):
    newest = ran(folder, sys.executable, "-I", "-S", "verify.py")
    oldest = ran(folder, sys.executable, "-I", "-S", "-c", AS_3_9, "verify.py")
    assert (oldest.returncode, oldest.stdout, oldest.stderr) == (0, newest.stdout, newest.stderr)


def test_it_is_written_in_the_words_of_python_3_9_and_imports_its_standard_library_alone():
    tree = ast.parse(alone.text(), feature_version=(3, 9))
    nodes = list(ast.walk(tree))
    imported = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    imported |= {str(node.module).partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported == NEEDED
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    assert not names & {"eval", "exec", "compile", "__import__", "globals", "importlib"}
    asked = [node.args[1] for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance"]
    assert not [ast.unparse(one) for one in asked if isinstance(one, ast.BinOp)]
    assert not [node.attr for node in nodes if isinstance(node, ast.Attribute) and node.attr in ("bit_count", "UTC")]


def test_t8_all_151_wycheproof_cases_are_judged_as_published_by_plain_python():
    def holds(case: dict) -> bool:
        public, signature, message = (bytes.fromhex(case[part]) for part in ("pk", "sig", "msg"))
        rule = strict.strict_point(public) and strict.strict_signature(signature)
        return rule and curve.holds(public, signature, message)

    cases = vectors("ed25519_wycheproof.json.gz")
    assert [case["id"] for case in cases if holds(case) != (case["result"] == "valid")] == []


def test_t8_plain_python_judges_all_914_cctv_cases_as_the_library_does_under_the_one_rule():
    cases = vectors("ed25519_cctv.json.gz")
    by_library, plain = [], []
    for case in cases:
        public, signature, message = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"]), case["msg"].encode()
        by_library.append(sign.verify(public, signature, message))
        rule = strict.strict_point(public) and strict.strict_signature(signature)
        plain.append(rule and curve.holds(public, signature, message))
    assert plain == by_library
    assert (len(plain), sum(plain)) == (914, 43)


def test_a_key_that_is_no_point_of_the_curve_vouches_for_nothing():
    assert not curve.holds((2).to_bytes(32, "little"), bytes(64), b"")


def test_the_command_writes_the_same_bytes_as_anybody_else_and_says_their_digest(tmp_path):
    file = tmp_path / "verify.py"
    told = document("pack", "verifier", "-o", str(file))
    assert file.read_bytes() == verifier() == alone.text()
    assert told["digest"] == f"sha256:{digest(file.read_bytes())}"
    assert digest(file.read_bytes()) in call("pack", "verifier", "-o", str(file)).stdout


def test_the_command_writes_the_page_for_a_browser_too_and_says_its_digest(tmp_path):
    file = tmp_path / "verify.html"
    told = document("pack", "verifier", "--html", "-o", str(file))
    assert file.read_bytes() == page()
    assert page().startswith(b"<!doctype html>")
    assert told["digest"] == f"sha256:{digest(page())}"


def test_the_product_writes_it_without_a_server(tmp_path):
    code = (
        "import sys\nfrom clerestory.report.verifier.write import verifier\nverifier()\n"
        "print(sorted({'django', 'polars', 'numpy'} & set(sys.modules)))"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


ONE = """
def _said(x):
    return f'one {x}'


def one(x):
    return _said(x)


def spare():
    pass
"""
TWO = """
from clerestory import one
from clerestory.one import one as first

_SAID = {key: len(key) for key in ('a', 'bb')}


def _said(one):
    return f"two {one} {{_SAID}} {_SAID['a']} {[first(n) for n in (1,)]}"


def main():
    first = 'local'
    print(_said(first), one.one(2), isinstance(3, int | str), (255).bit_count())
"""
SMALL = {"clerestory.one": ONE, "clerestory.two": TWO}


def made_of(modules: dict[str, str], start: str = "main") -> str:
    def reader(name: str) -> str:
        if name == "clerestory":
            return ""
        return modules[name]

    return one_file(reader, ("clerestory.two", start), {}).decode()


def test_names_that_two_modules_give_to_different_things_are_told_apart(capsys):
    text = made_of(SMALL)
    exec(compile(text, "small.py", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out == "two local {_SAID} 1 ['one 1'] one 2 True 8\n"
    assert "spare" not in text


@pytest.mark.parametrize(
    "text",
    [
        "for x in ():\n    pass\n\n\ndef main():\n    pass\n",
        "import os.path\n\n\ndef main():\n    return os.path\n",
        "from clerestory import one\n\n\ndef main():\n    return one\n",
        "from clerestory.one import missing\n\n\ndef main():\n    return missing\n",
        "def other():\n    pass\n",
    ],
)
def test_a_module_that_cannot_become_a_part_of_one_file_is_refused(text):
    with pytest.raises(NotGathered):
        made_of(SMALL | {"clerestory.two": text})


def test_what_stands_for_a_younger_python_does_the_same():
    @older.as_dataclass(frozen=True, slots=True, kw_only=True)
    class Pair:
        left: int = 1
        right: int

    assert Pair(right=2) == Pair(left=1, right=2)
    assert not hasattr(Pair(right=2), "__dict__")
    assert [*older.zipped("ab", "cd", strict=True)] == [("a", "c"), ("b", "d")]
    with pytest.raises(ValueError, match="different lengths"):
        [*older.zipped("ab", "c", strict=True)]
    items = [(1, "a"), (2, "b"), (2, "c")]
    older.put_in(items, (2, "d"), key=lambda item: item[0])
    older.put_in(items, (0, "e"), key=lambda item: item[0])
    assert "".join(word for _, word in items) == "eabcd"

    class Colour(older.Words):
        RED = "red"

    assert (str(Colour.RED), f"{Colour.RED:>4}", Colour.RED) == ("red", " red", "red")
    with contextlib.suppress(AttributeError):
        Pair(right=2).left = 3
        pytest.fail("it is frozen")
