"""Writes a commented manifest from what was found; the text is for people to change, so it says what each key means."""

import json
from collections.abc import Iterator, Mapping

from clerestory.intake.proposal import Proposal

OWN = "own limit: say here why it is right for this system"
FOUR_FIFTHS = "29 CFR 1607.4(D), four-fifths rule"
_HEAD = """\
# What `clerestory check` tests, and against which limits. Paths start from this folder.
# Every limit has a source: a law, a standard, or your own decision. Results are judged by their 95 % interval.
"""


def manifest_text(found: Proposal, owner: str = "owner@example.org") -> str:
    """Return the text of a manifest; ``owner`` is the address of who answers for the system."""
    return "\n".join([_HEAD, *_system(found, owner), *_data(found), *_model(found), *_checks(found)])


def check_text(name: str, criterion: str, source: str, why: str, parameters: Mapping[str, object]) -> str:
    """Return one [[check]] with a comment that says what it looks at."""
    lines = [
        f"# {why}",
        "[[check]]",
        f"name = {_text(name)}",
        f"criterion = {_text(criterion)}",
        f"source = {_text(source)}",
    ]
    return "\n".join([*lines, *(f"{key} = {value_text(value)}" for key, value in parameters.items()), ""])


def value_text(value: object) -> str:
    """Write a value as TOML: texts, numbers, truth values, lists, and tables in one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {value_text(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(value_text(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else str(value)


def _system(found: Proposal, owner: str) -> Iterator[str]:
    yield f"""\
[system]
id = {_text(found.system_id)}
name = {_text(found.name)}
purpose = "Say in one sentence what the system decides, for whom"
{f"owner = {_text(owner)}":<44} # who answers for the system
stage = "verification and validation"        # ISO/IEC 22989: inception ... retirement
ai_role = "provider"                         # provider, producer, customer, partner or subject
# affects_people = true                       # whether people feel what comes out of it
# use_areas = "credit"                        # where it is used; the tier follows from these facts
# autonomy_level = 2                          # 1: it informs ... 5: it acts without anybody watching
"""


def _data(found: Proposal) -> Iterator[str]:
    yield "[data]"
    yield _line("current", found.current or "data/decisions.parquet", "Parquet or CSV: a file, a folder or a glob")
    yield _line("reference", found.reference, "what it is compared with for drift", '"data/reference.parquet"')
    yield _line("outcome", found.outcome, "what was decided", '"approved"')
    yield _line("favourable", found.favourable, "the outcome that is good for the person", "true")
    yield _line("label", found.label, "what turned out true", '"repaid"')
    yield _line("positive", found.positive, "the label that counts as yes", "true")
    yield _line("score", found.score, "the model's score", '"score"')
    yield _line("timestamp", found.timestamp, "when it was decided", '"decided_at"')
    yield _line("keys", list(found.keys) or None, "columns that identify a row", '["case_id"]')
    yield _line(
        "sensitive_features", list(found.sensitive_features) or None, "groups to compare", '["sex", "age_group"]'
    )
    yield _line("min_group_size", 30, "smaller groups are shown, not judged")
    yield _line("max_unjudged_share", 0.05, "share of people in them that still lets a check conclude")
    yield ""


def _model(found: Proposal) -> Iterator[str]:
    mark = "" if found.model else "# "
    yield f"{mark}[model]"
    yield mark + _line("path", found.model or "model.onnx", "ONNX; pickles are refused")
    yield """\

# [model.previous]                           # the version in use, for performance.version-comparison
# outcome = "approved_before"                # its decision for the same rows, a column of current
# score = "score_before"                     # its score, likewise
# path = "model-before.onnx"                 # its artefact: named by digest, and scores the rows that lack a score

# [language_model]                           # for the checks language_models.*
# url = "http://127.0.0.1:8080/v1"           # OpenAI-compatible; or entry = "module:function", which takes messages
# model = "clerk-7b"                         # its name there
# key_env = "CLERK_KEY"                      # NAME of the environment variable with the key, never the key
# system_prompt = "prompt.txt"               # what your system tells the model

# [agent]                                    # for the checks agents.*
# entry = "gate:decide"                      # what decides on an agent's acts; or url = "https://..."

# [deployment]                               # for the checks of what runs, from its logs: operation.*, logging.* ...
# id = "branch-offices"                      # its name within the system
# started_at = 2026-10-01T08:00:00Z          # since when it works
"""


def _checks(found: Proposal) -> Iterator[str]:
    if found.outcome and found.sensitive_features:
        yield check_text("fairness.selection-rate-ratio", ">= 0.8", FOUR_FIFTHS,
                         "Lowest selection rate over the highest, per group and intersection.", {})  # fmt: skip
        if found.label:
            yield check_text("fairness.equalized-odds", "<= 0.1", OWN,
                             "Largest gap of true and false positive rates between groups.", {})  # fmt: skip
    if found.outcome and found.label:
        yield check_text("performance.task-metric", ">= 0.7", OWN, "Share of right decisions.", {"metric": "accuracy"})
    if found.score and found.label:
        yield check_text("performance.task-metric", ">= 0.7", OWN, "How well the score ranks.", {"metric": "roc_auc"})
        yield check_text("performance.calibration", "<= 0.1", OWN, "Do scores mean what they say?", {})
    if found.outcome and found.label:
        yield _commented(check_text("performance.version-comparison", ">= -0.02", OWN,
                                    "Worse than the version in use by no more than the margin; needs [model.previous].",
                                    {"metric": "accuracy"}))  # fmt: skip
    columns = dict(found.columns) or {"case_id": "integer", "approved": "boolean"}
    yield check_text("data_quality.schema", "<= 0", OWN, "Columns and their types; nothing else may be there.",
                     {"columns": columns})  # fmt: skip
    yield check_text("data_quality.contract", "<= 0", OWN, "Missing values per column; the key in [data] is unique.",
                     {"missing": {name: 0.05 for name in columns if name != found.label}})  # fmt: skip
    if found.reference:
        yield check_text("drift.population-stability-index", "< 0.2", "credit-scoring convention (Siddiqi 2006)",
                         "Shift of every column against the reference.", {"columns": "all"})  # fmt: skip


def _commented(text: str) -> str:
    return "\n".join(line if not line or line.startswith("#") else f"# {line}" for line in text.split("\n"))


def _line(key: str, value: object, meaning: str, example: str = "") -> str:
    line = f"# {key} = {example}" if value is None else f"{key} = {value_text(value)}"
    return f"{line:<44} # {meaning}"


def _key(text: str) -> str:
    return (
        text
        if text and all(letter.isascii() and (letter.isalnum() or letter in "_-") for letter in text)
        else _text(text)
    )


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
