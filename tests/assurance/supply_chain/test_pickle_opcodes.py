"""Pickles that do harm in every way known to us are found; models as scikit-learn writes them are not."""

import bz2
import io
import json
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.assurance.measurement import Reason
from clerestory.assurance.supply_chain.model_form.packed import streams
from clerestory.assurance.supply_chain.pickled.names import dangers
from clerestory.assurance.supply_chain.pickled.walk import walk
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "supply_chain.pickle-opcodes"
VECTORS = Path(__file__).parents[2] / "vectors" / "supply_chain"


class Harm:
    """Pickles as a call of os.system, as anybody writes it."""

    def __reduce__(self):
        import os

        return os.system, ("true",)


def text(word: str) -> bytes:
    return b"\x8c" + bytes((len(word),)) + word.encode()


EVASIONS = {
    "protocol 0, GLOBAL": b"cos\nsystem\n(S'true'\ntR.",
    "python 2 name": b"c__builtin__\neval\n(S'1'\ntR.",
    "INST": b"(S'true'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'true'\no.",
    "NEWOBJ": b"\x80\x02cos\nsystem\nU\x04true\x85\x81.",
    "NEWOBJ_EX": b"\x80\x04" + text("os") + text("system") + b"\x93" + text("true") + b"\x85}\x92.",
    "names from the memo": b"\x80\x04" + text("system") + b"\x940" + text("os") + b"\x94h\x00\x93.",
    "names from a duplicate": b"\x80\x04" + text("posix") + b"2\x93.",
    "a name through an allowed module": b"\x80\x04" + text("sklearn.base") + text("os.system") + b"\x93.",
    "a function of an allowed package": b"\x80\x04" + text("sklearn.datasets") + text("load_files") + b"\x93.",
    "numpy that loads again": b"cnumpy\nload\n(S'x'\ntR.",
    "a call through getattr": b"cbuiltins\ngetattr\n(cos\nsystem\nS'x'\ntR.",
    "the extension registry": b"\x80\x02\x82\x01.",
    "a name that is computed": b"\x80\x04" + text("os") + b"cbuiltins\nstr\n" + text("system") + b"\x85R\x93.",
    "a call of what a call gave": b"cbuiltins\nset\n)R)R.",
    "attributes set on a class": b"cbuiltins\nset\n}S'a'\nK\x01sb.",
    "broken off after the call": b"\x80\x02cos\nsystem\nU\x04true\x85R\xff\xff",
    "a second stream": pickle.dumps([1]) + b"cos\nsystem\n(S'true'\ntR.",
    "a space in the name": b"cos system\nx\n.",
    "inside an array of joblib that is none": b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(U\x05dtype"
    b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87RU\x05shapeK\x40\x85ubcos\nsystem\n(S'true'\ntR.",
}  # fmt: skip


@pytest.mark.parametrize("way", EVASIONS)
def test_every_known_way_to_hide_a_call_is_found(way, tmp_path):
    found = measured(NAME, write(tmp_path, {"model.pkl": EVASIONS[way]}))
    assert found.value is not None and found.value >= 1, found
    assert verdict(found) is Verdict.FAIL


@pytest.mark.parametrize("pack", ["zlib", "bz2", "zip", "npy", "torch", "joblib"])
def test_a_call_is_found_in_whatever_it_is_packed(pack, tmp_path):
    harm = pickle.dumps(Harm())
    body = io.BytesIO()
    if pack == "joblib":
        joblib.dump({"x": np.arange(50.0), "names": np.array(["a", Harm()], dtype=object), "z": 1}, body)
    elif pack == "npy":
        np.save(body, np.array([Harm()], dtype=object), allow_pickle=True)
    elif pack in ("zip", "torch"):
        with zipfile.ZipFile(body, "w") as archive:
            archive.writestr("archive/data.pkl" if pack == "torch" else "weights.txt", harm)
    else:
        body.write({"zlib": zlib.compress, "bz2": bz2.compress}[pack](harm))
    found = measured(NAME, write(tmp_path, {"deep/model.bin": body.getvalue()}))
    assert "posix.system" in found.details["instruction: broken"]
    assert verdict(found) is Verdict.FAIL


def test_what_modelscan_found_is_found_and_what_it_passed_passes(tmp_path):
    # Frozen result of modelscan 0.8.8 on two files of the same making: posix.system in evil.pkl, nothing in ok.pkl.
    theirs = json.loads((VECTORS / "modelscan_0.8.8.json").read_text(encoding="utf-8"))
    files = {"evil.pkl": pickle.dumps(Harm()), "ok.pkl": pickle.dumps({"a": [1, 2.0]})}
    found = measured(NAME, write(tmp_path, files))
    (issue,) = theirs["issues"]
    assert f"evil.pkl: calls {issue['module']}.{issue['operator']}" in found.details["instruction: broken"]
    assert "ok.pkl" not in found.details["instruction: broken"]
    assert {result.group: result.n for result in found.by_group}["stream"] == theirs["summary"]["scanned"][
        "total_scanned"
    ]


def models():
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    draw = np.random.default_rng(1)
    x = draw.random((60, 3))
    y = np.array(["no", "yes"], dtype=object)[(x[:, 0] > 0.5).astype(int)]
    for made in (
        RandomForestClassifier(2, max_depth=3, random_state=1),
        HistGradientBoostingClassifier(max_iter=2),
        KNeighborsClassifier(algorithm="kd_tree"),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ):
        yield made.fit(x, y)


def test_models_of_scikit_learn_hold_nothing_dangerous_in_any_protocol_or_packing():
    for model in models():
        bodies = [pickle.dumps(model, protocol=protocol) for protocol in (0, 4)]
        for compress in (0, 3):
            body = io.BytesIO()
            joblib.dump(model, body, compress=compress)
            bodies.append(body.getvalue())
        for body in bodies:
            packed = streams("model", body)
            assert not packed.unread and packed.walked
            assert all(found.whole and not dangers(found.uses) for _, found in packed.walked)


def test_joblib_s_own_files_of_python_2_7_to_3_6_are_followed_to_their_end_without_a_finding():
    folder = Path(joblib.__file__).parent / "test" / "data"
    files = [file for file in folder.glob("joblib_*") if ".npy" not in file.name]
    assert len(files) > 40
    for file in files:
        packed = streams(file.name, file.read_bytes())
        assert not packed.unread and packed.walked, file.name
        for _, found in packed.walked:
            assert found.whole and not dangers(found.uses), (file.name, found.fault, dangers(found.uses))


def test_a_name_of_ones_own_is_allowed_only_when_listed(tmp_path):
    folder = write(tmp_path, {"model.pkl": b"cours.model\nScorer\n)R."})
    assert measured(NAME, folder).value == 2.0
    for allow in ("ours.model.Scorer", "ours.model.*"):
        found = measured(NAME, folder, allow=[allow])
        assert verdict(found) is Verdict.PASS
        assert found.details["not counted, allowed here"].startswith("2: model.pkl: calls ours.model.Scorer")
        scanned = measured("supply_chain.model-file-scan", folder, allow=[allow])
        assert scanned.value == 0.0
        assert "ours.model.Scorer" in scanned.details["not counted, allowed here"]
    assert measured(NAME, folder, allow=["ours.*"]).value == 2.0


def test_what_cannot_be_read_is_never_a_pass(tmp_path):
    found = measured(
        NAME, write(tmp_path, {"a.pkl": pickle.dumps(1), "b.pkl": b"7z\xbc\xaf\x27\x1c\x00\x04", "c.pkl": b"\x80\x04K"})
    )
    assert (found.value, found.high) == (0.0, 2.0)
    assert verdict(found) is Verdict.INCONCLUSIVE
    assert "7z archive" in found.details["stream: not judged"]


def test_no_file_at_all_says_nothing(tmp_path):
    found = measured(NAME, tmp_path)
    assert (found.value, found.reason) == (None, Reason.INSUFFICIENT_DATA)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4) | st.tuples(inner)
    ),
    max_leaves=12,
)


@given(plain, st.integers(0, 5))
def test_plain_values_are_followed_to_their_end_without_a_finding(value, protocol):
    found = walk(pickle.dumps(value, protocol=protocol))
    assert found.whole and not dangers(found.uses)


@given(st.binary(max_size=60))
def test_any_bytes_are_walked_without_an_error_and_a_call_before_them_is_found(noise):
    assert dangers(walk(b"cos\nsystem\n(S'x'\ntR" + noise).uses)
    assert walk(noise).end <= len(noise) + struct.calcsize("q")
