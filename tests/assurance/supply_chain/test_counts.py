"""As many things count as were changed, in whatever order they stand: signatures, pins, descriptions, weaknesses."""

import json
import shutil
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from clerestory.assurance.supply_chain.tool_text.canonical import server_digest, tool_digest
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write
from tests.simulators.signing import pem, signature

SIGNED, PIN = "supply_chain.artefact-signature", "supply_chain.tool-server-pin"
CHANGE, WEAK = "supply_chain.tool-description-change", "supply_chain.vulnerabilities"
OSV = (Path(__file__).parents[2] / "vectors" / "supply_chain" / "osv_requests.json").read_text(encoding="utf-8")
FRESH = {"as_of": "2023-09-30T00:00:00.000000Z"}
KEY, OTHER = Ed25519PrivateKey.from_private_bytes(b"1" * 32), Ed25519PrivateKey.from_private_bytes(b"2" * 32)
REAL_FILES = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def emptied(folder):
    """Return the folder without what an earlier example wrote."""
    for item in folder.iterdir():
        shutil.rmtree(item) if item.is_dir() else item.unlink()
    return folder


@REAL_FILES
@given(st.lists(st.sampled_from(["right", "another key", "another body", "one bit"]), min_size=1, max_size=5))
def test_as_many_artefacts_count_as_no_trusted_key_signed(tmp_path, states):
    files = {"keys/a.pem": pem(KEY)}
    for number, state in enumerate(states):
        body = f"weights {number}".encode()
        signed = signature(OTHER if state == "another key" else KEY, body + b"!" * (state == "another body"))
        if state == "one bit":
            signed = bytes([signed[0] ^ 1, *signed[1:]])
        files |= {f"m{number}.onnx": body, f"m{number}.onnx.sig": signed}
    found = measured(SIGNED, write(emptied(tmp_path), files))
    assert (found.value, found.n) == (sum(state != "right" for state in states), len(states))
    assert verdict(found) is (Verdict.PASS if set(states) == {"right"} else Verdict.FAIL)


def test_a_signature_of_the_standard_s_own_vector_is_counted_as_good(tmp_path):
    # RFC 8032, 7.1, test 3: public key, message af82 and its signature; the key in SubjectPublicKeyInfo of RFC 8410.
    key = (
        b"-----BEGIN PUBLIC KEY-----\n"
        b"MCowBQYDK2VwAyEA/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=\n"
        b"-----END PUBLIC KEY-----\n"
    )
    signed = bytes.fromhex(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    files = {"keys/a.pem": key, "m.onnx": bytes.fromhex("af82"), "m.onnx.sig": signed}
    found = measured(SIGNED, write(tmp_path, files))
    assert (found.value, found.high, found.n) == (0.0, 0.0, 1)
    assert measured(SIGNED, write(tmp_path, {"m.onnx": bytes.fromhex("af83")})).value == 1.0


SERVER = {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem@2025.8.21", "data"]}

PUBLISHED = "sha256:3a55694c76f89efffd9b0797f6d31cd25e16ec030492d42c616d5b54d68f394f"


@REAL_FILES
@given(st.lists(st.sampled_from(["pinned", "changed", "not pinned", "any version"]), min_size=1, max_size=5))
def test_as_many_servers_count_as_start_otherwise_than_pinned(tmp_path, states):
    servers, pins = {}, []
    for number, state in enumerate(states):
        entry = SERVER | {"args": [*SERVER["args"], str(number)]}
        if state == "any version":
            entry = entry | {"args": ["-y", "@modelcontextprotocol/server-filesystem", str(number)]}
        servers[f"s{number}"] = entry | ({"args": [*entry["args"], "/"]} if state == "changed" else {})
        if state != "not pinned":
            pins.append(f'[server.s{number}]\ndigest = "{server_digest(entry)}"\n')
    for order in (servers, dict(reversed(servers.items()))):
        files = {".mcp.json": json.dumps({"mcpServers": order}), "servers.toml": "".join(pins)}
        assert measured(PIN, write(emptied(tmp_path), files)).value == sum(state != "pinned" for state in states)


def test_a_server_is_pinned_by_the_digest_that_another_program_computed(tmp_path):
    # rfc8785 0.1.4 and hashlib: sha256(rfc8785.dumps(entry)).
    folder = write(tmp_path, {".mcp.json": json.dumps({"mcpServers": {"files": SERVER}})})
    write(folder, {"servers.toml": f'[server.files]\ndigest = "{PUBLISHED}"\n'})
    found = measured(PIN, folder)
    assert (found.value, found.high) == (0.0, 0.0)
    turned = f"{PUBLISHED[:-1]}{'0' if PUBLISHED[-1] != '0' else '1'}"
    assert measured(PIN, write(folder, {"servers.toml": f'[server.files]\ndigest = "{turned}"\n'})).value == 1.0


@REAL_FILES
@given(st.lists(st.sampled_from(["pinned", "changed", "new"]), min_size=1, max_size=5), st.integers(0, 2))
def test_as_many_tools_count_as_changed_came_or_went(tmp_path, states, gone):
    tools = [
        {"name": f"t{number}", "description": f"Adds {number} to a number.", "inputSchema": {"type": "object"}}
        for number in range(len(states))
    ]
    pins = [
        f'"calc/t{number}" = "{tool_digest(tool | {"description": "before"} if state == "changed" else tool)}"\n'
        for number, (tool, state) in enumerate(zip(tools, states, strict=True))
        if state != "new"
    ]
    pins += [f'"calc/gone{number}" = "sha256:00"\n' for number in range(gone)]
    for order in (tools, tools[::-1]):
        files = {"calc.tools.json": json.dumps(order), "tools.toml": "[tools]\n" + "".join(pins)}
        found = measured(CHANGE, write(emptied(tmp_path), files))
        assert found.value == sum(state != "pinned" for state in states) + gone


@REAL_FILES
@given(st.tuples(st.integers(1, 3), st.integers(0, 40), st.integers(0, 3)))
def test_a_version_is_weak_exactly_where_packaging_puts_it_into_the_published_range(tmp_path, parts):
    # GHSA-j8r2-6x86-q33q: introduced 2.3.0, fixed 2.31.0.
    version = ".".join(map(str, parts))
    found = measured(WEAK, write(tmp_path, {"osv.json": OSV, "requirements.txt": f"requests=={version}\n"}), **FRESH)
    assert found.value == float(SpecifierSet(">=2.3.0,<2.31.0").contains(version))
