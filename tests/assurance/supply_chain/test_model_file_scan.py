"""Model files in their own forms: what would run or read elsewhere is found, sound files pass, unreadable never do."""

import io
import json
import pickle
import struct
import zipfile

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from clerestory.assurance.supply_chain.model_form import onnx as onnx_form
from clerestory.assurance.supply_chain.model_form import safetensors
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "supply_chain.model-file-scan"


def graph(domain: str = "", operator: str = "Relu", external: str | None = None) -> bytes:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    weights = helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])
    if external is not None:
        weights.ClearField("float_data")
        weights.data_location = TensorProto.EXTERNAL
        weights.external_data.add(key="location", value=external)
    inner = helper.make_graph([helper.make_node(operator, ["x"], ["y"], domain=domain)], "g", [x], [y], [weights])
    return helper.make_model(inner).SerializeToString()


def safe(tensors: dict[str, object], numbers: bytes, extra: bytes = b"") -> bytes:
    header = json.dumps(tensors).encode()
    return struct.pack("<Q", len(header)) + header + numbers + extra


def archive(parts: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    return body.getvalue()


ONE = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
LAMBDA = {"class_name": "Functional", "config": {"layers": [{"class_name": "Lambda", "module": "keras.layers"}]}}
IMPORTS = {"class_name": "function", "module": "os", "config": "system"}
DENSE = {
    "class_name": "Sequential",
    "module": "keras",
    "config": {"layers": [{"class_name": "Dense", "module": "keras.layers"}]},
}
OBJECTS = b"\x93NUMPY\x01\x00\x46\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(70)
UNSAFE = {
    "own operator.onnx": graph("evil.ops", "Run"),
    "reads elsewhere.onnx": graph(external="../../etc/passwd"),
    "absolute.onnx": graph(external="/etc/passwd"),
    "hole.safetensors": safe({"w": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, b"\0" * 12),
    "overlap.safetensors": safe(ONE | {"v": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, b"\0" * 12),
    "behind.safetensors": safe(ONE, b"\0" * 8, b"PK hidden"),
    "shape.safetensors": safe({"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, b"\0" * 8),
    "long.safetensors": struct.pack("<Q", 2**40) + b"{}",
    "lambda.keras": archive({"config.json": json.dumps(LAMBDA).encode()}),
    "imports.keras": archive({"config.json": json.dumps(IMPORTS).encode()}),
    "lambda.h5": b"\x89HDF\r\n\x1a\n....model_config" + json.dumps(LAMBDA).encode(),
    "torch.pt": archive({"m/data.pkl": b"cposix\nsystem\n(S'x'\ntR.", "m/version": b"3"}),
    "objects.npz": archive({"a.npy": OBJECTS + b"cos\nsystem\n(S'x'\ntR."}),
    "graph.pb": b"\x0a\x10\x0a\x01r\x12\x08ReadFile\x1a\x01x",
}  # fmt: skip


@pytest.mark.parametrize("name", UNSAFE)
def test_what_would_run_or_reach_elsewhere_is_found(name, tmp_path):
    found = measured(NAME, write(tmp_path, {name: UNSAFE[name]}))
    assert found.value == 1.0, found
    assert verdict(found) is Verdict.FAIL


# What torch.save writes for a dictionary with one tensor of two numbers (protocol 2, archive form).
TORCH = (
    b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01X\x06\x00\x00\x00weightq\x02ctorch._utils\n_rebuild_tensor_v2\nq\x03"
    b"((X\x07\x00\x00\x00storageq\x04ctorch\nFloatStorage\nq\x05X\x01\x00\x00\x000q\x06X\x03\x00\x00\x00cpuq\x07K\x02tq\x08Q"
    b"K\x00K\x02\x85q\tK\x01\x85q\n\x89h\x00)Rq\x0btq\x0cRq\rs."
)


@pytest.mark.parametrize("name", ["m.gguf", "m.safetensors"])
def test_a_file_that_is_a_pickle_besides_is_found(name, tmp_path):
    payload = b"cos\nsystem\n(S'true'\ntR."
    head = b"GGUF\x03\0\0\0\0" if name == "m.gguf" else b"X\x04\0\0\0\0\0\0{"  # a number, and a text of four letters
    found = measured(NAME, write(tmp_path, {name: head + payload}))
    assert "posix" in found.details[next(iter(k for k in found.details if "broken" in k))] or "os.system" in str(
        found.details
    )
    assert verdict(found) is Verdict.FAIL


def test_a_model_as_torch_writes_it_passes(tmp_path):
    files = {
        "m.pt": archive(
            {"m/data.pkl": TORCH, "m/byteorder": b"little", "m/data/0": b"\0\0\x80?\0\0\0@", "m/version": b"3\n"}
        )
    }
    found = measured(NAME, write(tmp_path, files))
    assert verdict(found) is Verdict.PASS
    assert found.n == 1


def test_sound_files_of_every_form_pass(tmp_path):
    numbers = io.BytesIO()
    np.savez(numbers, a=np.arange(4.0))
    files = {
        "model.onnx": graph(),
        "beside.onnx": graph(external="weights.bin.raw"),
        "weights.bin.raw": b"\0" * 8,
        "model.safetensors": safe(ONE | {"__metadata__": {"format": "pt"}}, b"\0" * 8),
        "model.keras": archive({"config.json": json.dumps(DENSE).encode(), "metadata.json": b"{}"}),
        "model.h5": b"\x89HDF\r\n\x1a\n....model_config" + json.dumps(DENSE).encode(),
        "model.npz": numbers.getvalue(),
        "model.pt": archive({"m/data.pkl": pickle.dumps({"a": 1}), "m/data/0": b"\x80\x3f" * 8}),
    }
    found = measured(NAME, write(tmp_path, files))
    assert (found.value, found.high, found.n) == (0.0, 0.0, 7), found
    assert verdict(found) is Verdict.PASS


def test_a_model_of_skl2onnx_is_read_as_onnx_itself_reads_it(tmp_path):
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    x = np.random.default_rng(1).random((40, 2)).astype(np.float32)
    body = to_onnx(LogisticRegression().fit(x, x[:, 0] > 0.5), x[:1]).SerializeToString()
    domains = {node.domain for node in onnx.load_from_string(body).graph.node}
    assert domains <= onnx_form.KNOWN_DOMAINS
    assert verdict(measured(NAME, write(tmp_path, {"model.onnx": body}))) is Verdict.PASS


@pytest.mark.parametrize(
    "name, body, why",
    [
        ("m.onnx", b"not a model", "no ONNX model"),
        ("m.onnx", graph(external="gone.bin"), "gone.bin, which is not there"),
        ("m.gguf", b"GGUF\x03\0\0\0", "form that is not read"),
        ("m.pt", b"PK\x03\x04 broken", "broken"),
        ("m.bin", b"Rar!\x1a\x07\x00", "RAR"),
    ],
)
def test_what_cannot_be_read_is_not_judged(name, body, why, tmp_path):
    found = measured(NAME, write(tmp_path, {name: body, "ok.pkl": pickle.dumps(1)}))
    assert verdict(found) is Verdict.INCONCLUSIVE
    assert why in " ".join(text for key, text in found.details.items() if "not judged" in key)


def test_a_member_that_claims_another_size_or_is_encrypted_is_not_a_pass(tmp_path):
    body = bytearray(archive({"m/data.pkl": pickle.dumps(1)}))
    at = body.find(b"PK\x01\x02")
    body[at + 8] |= 1  # the flag of encryption, which one loader heeds and another does not
    found = measured(NAME, write(tmp_path, {"m.pt": bytes(body), "ok.pkl": pickle.dumps(1)}))
    assert verdict(found) is Verdict.INCONCLUSIVE


@given(st.lists(st.integers(0, 3), min_size=1, max_size=5), st.binary(max_size=4))
def test_tensors_that_lie_end_to_end_are_sound_and_one_byte_more_is_not(sizes, extra):
    tensors, at = {}, 0
    for number, size in enumerate(sizes):
        tensors[str(number)] = {"dtype": "F64", "shape": [size], "data_offsets": [at, at + 8 * size]}
        at += 8 * size
    assert not safetensors.read(safe(tensors, b"\0" * at)).unsafe
    assert bool(safetensors.read(safe(tensors, b"\0" * at, extra)).unsafe) is bool(extra)


@given(st.binary(max_size=80))
def test_any_bytes_named_as_a_model_give_a_finding_or_nothing_but_no_error(body):
    found = onnx_form.read(body)
    assert found.unread or found.unsafe or onnx_form.fields(body)
