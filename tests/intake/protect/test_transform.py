"""A recipe carried out from file to file: the table of Sweeney (2002), real people, and whatever can be wrong."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from clerestory.assurance.parameter import Layout
from clerestory.assurance.privacy.transformation import CannotTransform
from clerestory.assurance.registry import find
from clerestory.assurance.trial import trial_of
from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.intake.protect.recipe import read_recipe
from clerestory.intake.protect.run import Transformed, lineage_text, transform
from clerestory.store.engine.source import SourceUnreadable
from tests.simulators.answering import drive

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADULT = Path(__file__).parents[3] / "src/clerestory/demo/data/adult_train.parquet"
KEY = "0123456789abcdef0123456789abcdef"
# The private table of Sweeney (2002), "Achieving k-anonymity privacy protection using generalization and suppression".
SWEENEY = """race,birth,gender,zip,problem
black,1965-09-20,male,02141,short of breath
black,1965-02-14,male,02141,chest pain
black,1965-10-23,female,02138,painful eye
black,1965-08-24,female,02138,wheezing
black,1964-11-07,female,02138,obesity
black,1964-12-01,female,02138,chest pain
white,1964-10-23,male,02138,short of breath
white,1965-03-15,female,02139,hypertension
white,1964-08-13,male,02139,obesity
white,1964-05-05,male,02139,fever
white,1967-02-13,male,02138,vomiting
white,1967-03-21,male,02138,back pain
"""
TWO_ANONYMOUS = """
[transform]
input = "private.csv"
output = "released.csv"
quasi_identifiers = ["race", "birth", "gender", "zip"]
sensitive = ["problem"]
k = 2
most_left_out = 0.1

[[column]]
name = "birth"
do = "generalise"
periods = ["year"]

[[column]]
name = "zip"
do = "generalise"
hierarchy = "zip.csv"
level = 1
"""


def silent(what: str, done: int, total: int) -> None:
    assert 0 <= done <= total or what == "coarsening"


def carried_out(folder: Path, recipe: str, **files: str | pl.DataFrame) -> Transformed:
    for name, body in files.items():
        file = folder / name.replace("__", ".")
        if isinstance(body, str):
            file.write_text(body, encoding="utf-8")
        else:
            body.write_parquet(file)
    (folder / "transform.toml").write_text(recipe, encoding="utf-8")
    return transform(read_recipe(folder / "transform.toml"), now=NOW, tell=silent)


def table(found: Transformed) -> pl.DataFrame:
    read = pl.read_csv if found.output.suffix == ".csv" else pl.read_parquet
    return read(found.body)


def sweeney(folder: Path, recipe: str = TWO_ANONYMOUS) -> Transformed:
    zips = "02141,0214*\n02138,0213*\n02139,0213*\n"
    return carried_out(folder, recipe, private__csv=SWEENEY, zip__csv=zips)


def test_the_table_of_sweeney_becomes_the_two_anonymous_one_of_the_paper(tmp_path):
    found = sweeney(tmp_path)
    rows = table(found)
    assert rows.height == 11  # the white woman born in 1965 alone is left out
    classes = rows.group_by("race", "birth", "gender", "zip").len().sort("race", "birth", "gender", "zip").rows()
    assert classes == [
        ("black", 1964, "female", "0213*", 2),
        ("black", 1965, "female", "0213*", 2),
        ("black", 1965, "male", "0214*", 2),
        ("white", 1964, "male", "0213*", 3),
        ("white", 1967, "male", "0213*", 2),
    ]
    assert "hypertension" not in rows["problem"].to_list()
    (anonymity,) = found.report["anonymity"]
    assert (anonymity["before"]["k"], anonymity["after"]["k"], anonymity["after"]["l"]) == (1, 2, 2)
    # Everybody is singled out before; after, one in the class is found: 5 classes over 11 rows.
    assert found.report["linkage"]["before"]["certain"] == 1.0
    assert found.report["linkage"]["after"]["found"] == pytest.approx(5 / 11)
    assert found.report["linkage"]["after"]["certain"] == 0.0


def test_the_first_zero_of_a_code_is_kept(tmp_path):
    recipe = '[transform]\ninput = "private.csv"\noutput = "released.csv"\nkeep = ["zip"]\n'
    found = carried_out(tmp_path, recipe, private__csv=SWEENEY)
    assert found.body.decode().splitlines()[1] == "02138"
    banded = (
        '[transform]\ninput = "private.csv"\noutput = "o.csv"\n[[column]]\nname = "zip"\ndo = "generalise"\nwidth = 9\n'
    )
    with pytest.raises(ManifestUnusable, match="holds text, no numbers"):
        carried_out(tmp_path, banded, private__csv=SWEENEY)


def test_without_its_hierarchy_the_same_table_would_lose_more_than_is_allowed(tmp_path):
    only_year = TWO_ANONYMOUS.partition('[[column]]\nname = "zip"')[0]
    with pytest.raises(CannotTransform, match=r"left out to reach k of 2"):
        sweeney(tmp_path, only_year.replace("most_left_out = 0.1", "most_left_out = 0.05"))


def test_the_order_of_rows_tells_nothing_and_the_same_input_gives_the_same_output(tmp_path):
    first = sweeney(tmp_path)
    head, *lines = SWEENEY.splitlines()
    turned = "\n".join([head, *reversed(lines)]) + "\n"
    second = carried_out(tmp_path, TWO_ANONYMOUS, private__csv=turned)
    assert first.body == second.body
    assert first.report["input"]["digest"] != second.report["input"]["digest"]


ADULTS = """
[transform]
input = "people.parquet"
output = "safe.parquet"
quasi_identifiers = ["age", "sex", "race", "marital_status"]
sensitive = ["occupation"]
keep = ["education_num", "hours_per_week", "capital_gain"]
label = "income_over_50k"
{more}

[[column]]
name = "age"
do = "generalise"
widths = [5, 10, 20, 40]
"""


def adults(folder: Path, more: str, columns: str = "") -> Transformed:
    rows = pl.read_parquet(ADULT).sample(4_000, seed=1).with_row_index("customer_id")
    return carried_out(folder, ADULTS.format(more=more) + columns, people__parquet=rows)


def test_real_people_hide_at_a_cost_that_is_measured_on_held_out_originals(tmp_path):
    found = adults(tmp_path, "k = 5\nl = 2")
    report = found.report
    (anonymity,) = report["anonymity"]
    assert anonymity["before"]["k"] == 1
    assert anonymity["after"]["k"] >= 5 and anonymity["after"]["l"] >= 2
    assert report["output"]["left_out"] <= 0.05
    assert report["steps"]["age"] in ("bands of 10", "bands of 20", "bands of 40")
    assert report["linkage"]["after"]["found"] < report["linkage"]["before"]["found"] / 2
    assert report["linkage"]["after"]["found"] <= 1 / 5
    (learned,) = report["attributes"]
    assert learned["after"]["gain"] < learned["before"]["gain"]
    use = report["use"]
    assert use["area_before"]["value"] > 0.85
    assert -0.05 < use["difference"]["low"] <= use["difference"]["value"] <= use["difference"]["high"] < 0.05
    assert use["learned_before"] + use["measured"] == 4_000
    assert use["membership_after"]["area"]["low"] < 0.55
    kept = {column["column"]: column for column in report["columns"]}
    assert kept["fnlwgt"]["did"] == "remove" and kept["fnlwgt"]["kept"] == 0
    assert 0.2 < kept["age"]["kept"] < 0.8 and kept["sex"]["kept"] == pytest.approx(1)
    assert set(table(found).columns) == {"age", "sex", "race", "marital_status", "occupation", "education_num",
                                         "hours_per_week", "capital_gain", "income_over_50k"}  # fmt: skip


NOISE = """
[[column]]
name = "capital_gain"
do = "noise"
lowest = 0
highest = 100000
epsilon = {epsilon}
"""


@pytest.mark.parametrize("epsilon, low, high", [(1e6, 0.5, 1.0), (0.05, 0.0, 0.1)])
def test_noise_is_attacked_by_distance_and_priced(tmp_path, epsilon, low, high):
    more = "k = 2\nmost_left_out = 0.5"
    recipe = (
        ADULTS.format(more=more)
        .replace('"marital_status"]', '"capital_gain"]')
        .replace(', "capital_gain"]\nlabel', "]\nlabel")
    )
    rows = pl.read_parquet(ADULT).filter(pl.col("capital_gain") > 0).sample(1_000, seed=1)
    # Everybody has a gain of their own, so that only the noise can hide them.
    rows = rows.with_columns(pl.int_range(1_000).cast(pl.Int64).alias("capital_gain") * 99)
    found = carried_out(tmp_path, recipe + NOISE.format(epsilon=epsilon), people__parquet=rows)
    linkage = found.report["linkage"]
    assert linkage["before"]["certain"] == 1.0
    assert low <= linkage["after"]["found"] <= high
    assert found.report["noise"][-1]["epsilon"] == pytest.approx(epsilon, rel=0.02)
    assert found.report["noise"][-1]["epsilon"] >= epsilon


TOKENS = """
[[column]]
name = "customer_id"
do = "pseudonymise"
length = 20
"""


def test_tokens_are_keyed_and_the_key_stands_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN_KEY", KEY)
    found = adults(tmp_path, 'key_env = "TOKEN_KEY"\nperson = "customer_id"\nk = 3', TOKENS)
    (tmp_path / "key").write_text(KEY + "\n")
    same = adults(tmp_path, 'key_file = "key"\nperson = "customer_id"\nk = 3', TOKENS)
    assert same.body == found.body
    for body in (found.body, found.report_body()):
        assert KEY.encode() not in body
    tokens = table(found)["customer_id"]
    assert tokens.n_unique() == len(tokens) and set(tokens.str.len_chars().unique()) == {20}
    # An outside computation of one token: HMAC-SHA256 (RFC 2104) of the column's name and the value.
    import hmac

    some = {
        hmac.new(KEY.encode(), f"11:customer_id{n}".encode(), hashlib.sha256).hexdigest()[:20] for n in range(4_000)
    }
    assert set(tokens.to_list()) <= some
    monkeypatch.setenv("TOKEN_KEY", KEY[::-1])
    other = adults(tmp_path, 'key_env = "TOKEN_KEY"\nperson = "customer_id"\nk = 3', TOKENS)
    assert not set(table(other)["customer_id"]) & set(tokens)


def test_the_lineage_of_a_report_verifies_and_breaks_when_a_file_is_changed(tmp_path):
    found = sweeney(tmp_path)
    found.output.write_bytes(found.body)
    text = lineage_text(found.report, frozenset())
    check = find("provenance.dataset-lineage")
    parameters = check.complete({}, Layout(columns={}))

    def measured() -> float | None:
        files = {file.name: file.read_bytes() for file in tmp_path.iterdir()} | {"lineage.toml": text.encode()}
        tally = drive(check.begin(parameters), tables={}, files=files)
        return check.measure({trial_of(check.name, parameters): tally}, parameters).value

    assert measured() == 0
    found.output.write_bytes(found.body + b"one more,row\n")
    assert measured() == 1


BAD = {
    "no table": ("", "[transform] is missing"),
    "unknown key": ('[transform]\noutput = "a.csv"\ninput = "private.csv"\nk_anonymity = 2', "unknown key"),
    "unknown column": ('[transform]\noutput = "a.csv"\ninput = "private.csv"\nkeep = ["raze"]', "no column 'raze'"),
    "no output form": ('[transform]\noutput = "a.doc"\ninput = "private.csv"\nkeep = ["race"]', "no known form"),
    "output is input": ('[transform]\noutput = "private.csv"\ninput = "private.csv"\nkeep = ["race"]', "is the input"),
    "k without quasi-identifiers": ('[transform]\noutput = "a.csv"\nk = 2', "no quasi_identifiers"),
    "k of one": ('[transform]\noutput = "a.csv"\nk = 1\nquasi_identifiers = ["race"]', "k is 1"),
    "l without k": ('[transform]\noutput = "a.csv"\nl = 2', "l without k"),
    "no input": ('[transform]\noutput = "a.csv"', "names no input"),
    "missing input": ('[transform]\noutput = "a.csv"\ninput = "gone.csv"', "no such file"),
    "no key": (
        '[transform]\noutput = "a.csv"\ninput = "private.csv"\n[[column]]\nname = "zip"\ndo = "pseudonymise"',
        "one place of the key",
    ),
    "key is not set": (
        (
            '[transform]\noutput = "a.csv"\ninput = "private.csv"\nkey_env = "NOT_SET"\n'
            '[[column]]\nname = "zip"\ndo = "pseudonymise"'
        ),
        "the key is missing or shorter",
    ),
    "bands of text": (
        '[transform]\noutput = "a.csv"\ninput = "private.csv"\n[[column]]\nname = "race"\ndo = "generalise"\nwidth = 5',
        "holds text, no numbers",
    ),
    "periods of text": (
        (
            '[transform]\noutput = "a.csv"\ninput = "private.csv"\n'
            '[[column]]\nname = "race"\ndo = "generalise"\nperiods = ["year"]'
        ),
        "holds text, no days",
    ),
    "two ways": (
        (
            '[transform]\noutput = "a.csv"\ninput = "private.csv"\n'
            '[[column]]\nname = "zip"\ndo = "generalise"\nwidth = 5\nperiods = ["year"]'
        ),
        "generalises by one of",
    ),
    "unknown way": (
        '[transform]\noutput = "a.csv"\ninput = "private.csv"\n[[column]]\nname = "zip"\ndo = "generalize"',
        "do is 'generalize'",
    ),
    "column twice": (
        '[transform]\noutput = "a.csv"\ninput = "private.csv"\n' + '[[column]]\nname = "zip"\ndo = "remove"\n' * 2,
        "stands there twice",
    ),
    "noise without range": (
        '[transform]\noutput = "a.csv"\ninput = "private.csv"\n[[column]]\nname = "zip"\ndo = "noise"\nepsilon = 1',
        "lowest is None",
    ),
    "noise of no size": (
        (
            '[transform]\noutput = "a.csv"\ninput = "private.csv"\n'
            '[[column]]\nname = "zip"\ndo = "noise"\nepsilon = 0\nlowest = 0\nhighest = 9'
        ),
        "epsilon is 0",
    ),
    "an option that is none": (
        (
            '[transform]\noutput = "a.csv"\ninput = "private.csv"\n'
            '[[column]]\nname = "race"\ndo = "random answers"\nepsilon = 1\noptions = ["white", "red"]'
        ),
        "none of the options",
    ),
    "a label of many values": (
        '[transform]\noutput = "a.csv"\ninput = "private.csv"\nkeep = ["race"]\nlabel = "problem"\npositive = "fever"',
        "does not hold two values",
    ),
    "a label that is changed": (
        (
            '[transform]\noutput = "a.csv"\ninput = "private.csv"\nlabel = "gender"\npositive = "male"\n'
            '[[column]]\nname = "gender"\ndo = "suppress"'
        ),
        "the label is changed",
    ),
    "a hierarchy without levels": (
        (
            '[transform]\noutput = "a.csv"\ninput = "private.csv"\n'
            '[[column]]\nname = "zip"\ndo = "generalise"\nhierarchy = "flat.csv"'
        ),
        "has no levels",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_one_error_that_names_its_place(tmp_path, name):
    recipe, said = BAD[name]
    before = {"private.csv", "flat.csv", "transform.toml"}
    with pytest.raises((ManifestUnusable, CannotTransform, SourceUnreadable)) as refused:
        carried_out(tmp_path, recipe, private__csv=SWEENEY, flat__csv="2141\n2138\n")
    assert said in refused.value.problem, refused.value.problem
    assert refused.value.remedy
    assert {file.name for file in tmp_path.iterdir()} == before


def test_without_any_data_named_nothing_is_read(tmp_path):
    manifest = (
        '[system]\nid = "a"\nname = "A"\npurpose = "p"\nowner = "o@example.org"\nstage = "deployment"\n'
        'ai_role = ["provider"]\n[[check]]\nname = "pipeline.release-gate"\ncriterion = "<= 0"\nsource = "own"\n'
    )
    with pytest.raises(ManifestUnusable, match=r"names no input, and the manifest has no \[data\]"):
        carried_out(tmp_path, '[transform]\noutput = "a.csv"\nkeep = ["x"]', clerestory__toml=manifest)


def test_missing_values_in_a_column_with_noise_are_refused(tmp_path):
    rows = pl.DataFrame({"x": [1.0, None, 3.0]})
    recipe = (
        '[transform]\ninput = "x.parquet"\noutput = "y.parquet"\n'
        '[[column]]\nname = "x"\ndo = "noise"\nlowest = 0\nhighest = 9\nepsilon = 1\n'
    )
    with pytest.raises(ManifestUnusable, match="missing values"):
        carried_out(tmp_path, recipe, x__parquet=rows)


def test_the_report_says_which_bytes_went_in_and_out(tmp_path):
    found = sweeney(tmp_path)
    report = json.loads(found.report_body())
    assert report["output"]["digest"] == "sha256:" + hashlib.sha256(found.body).hexdigest()
    assert report["input"]["digest"] == "sha256:" + hashlib.sha256((tmp_path / "private.csv").read_bytes()).hexdigest()
    recipe = (tmp_path / "transform.toml").read_bytes()
    assert report["recipe"]["digest"] == "sha256:" + hashlib.sha256(recipe).hexdigest()
