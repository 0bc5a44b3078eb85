"""Releases within a budget: right within their noise, spent before they appear, and never more than the ceiling."""

import json
import random
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from fractions import Fraction
from math import exp
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from clerestory.assurance.privacy.budget_ledger import LedgerUnusable, read_ledger
from clerestory.assurance.privacy.released.answer import Price, QuestionRefused, noisy
from clerestory.assurance.privacy.released.discrete_noise import NoiseImpossible
from clerestory.intake.manifest import read
from clerestory.intake.manifest.section import ManifestUnusable
from clerestory.intake.release.count import bounded, counted
from clerestory.intake.release.ledger_file import LedgerChanged, LedgerNotWritten
from clerestory.intake.release.noise import best_source, own_source, with_opendp
from clerestory.intake.release.request import read_wanted
from clerestory.intake.release.run import BudgetSpent, release
from clerestory.intake.run import run_check
from clerestory.store.engine.source import SourceUnreadable

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADULT = Path(__file__).parents[3] / "src/clerestory/demo/data/adult_train.parquet"
MANIFEST = """
[system]
id = "income"
name = "Income"
purpose = "Tell incomes apart"
owner = "owner@example.org"
stage = "verification and validation"
ai_role = ["provider"]

[data]
current = "people.parquet"

[[check]]
name = "privacy.budget-accounting"
criterion = "<= 1"
source = "privacy policy 3"
dataset = "census"
"""
REQUEST = """
[release]
dataset = "census"
rows_are_people = true
output = "{output}"
{more}
"""
COUNT = """
[[question]]
name = "people by sex"
what = "count"
by = {{ sex = ["Female", "Male", "Other"] }}
epsilon = {epsilon}
"""
OTHERS = """
[[question]]
name = "hours"
what = "mean"
column = "hours_per_week"
lowest = 0
highest = 100
epsilon = 0.2

[[question]]
name = "gain"
what = "sum"
column = "capital_gain"
lowest = 0
highest = 20000
epsilon = 0.2

[[question]]
name = "age"
what = "histogram"
column = "age"
edges = [0, 30, 50, 120]
epsilon = 0.2

[[question]]
name = "median age"
what = "quantiles"
column = "age"
edges = [0, 20, 25, 30, 35, 40, 45, 50, 60, 80, 120]
quantiles = [0.5]
epsilon = 0.2
"""


def folder_of(place: Path, manifest: str = MANIFEST) -> Path:
    rows = pl.read_parquet(ADULT)
    rows.write_parquet(place / "people.parquet")
    (place / "clerestory.toml").write_text(manifest, encoding="utf-8")
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with the Adult data and a manifest whose budget is 1."""
    return folder_of(tmp_path)


def asked(folder: Path, questions: str, output: str = "figures.json", more: str = "", name: str = "release.toml"):
    (folder / name).write_text(REQUEST.format(output=output, more=more) + questions, encoding="utf-8")
    return read_wanted(folder / name)


def test_every_kind_of_answer_is_the_truth_within_its_noise(folder):
    found = release(asked(folder, OTHERS), now=NOW)
    said = {question["name"]: question["answers"] for question in found.document["questions"]}
    rows = pl.read_parquet(ADULT)
    # Laplace noise of scale s is beyond 14 s with a chance below 1e-6.
    assert said["hours"][0]["value"] == pytest.approx(rows["hours_per_week"].mean(), abs=14 * 50 / 0.1 / rows.height)
    gain = rows["capital_gain"].clip(0, 20_000).sum()
    assert said["gain"][0]["value"] == pytest.approx(gain, abs=14 * 20_000 / 0.2)
    young = rows.filter(pl.col("age") < 30).height
    assert said["age"][0]["value"] == pytest.approx(young, abs=14 / 0.2)
    assert [(answer["from"], answer["to"]) for answer in said["age"]] == [(0, 30), (30, 50), (50, 120)]
    assert said["median age"][0]["value"] == pytest.approx(rows["age"].median(), abs=1.5)
    assert (found.before, found.after, found.ceiling) == (0.0, pytest.approx(0.8), 1.0)


def test_groups_are_told_as_declared_also_where_nobody_is(folder):
    found = release(asked(folder, COUNT.format(epsilon=0.5)), now=NOW)
    answers = found.document["questions"][0]["answers"]
    assert [answer["group"]["sex"] for answer in answers] == ["Female", "Male", "Other"]
    rows = pl.read_parquet(ADULT)
    truth = [rows.filter(pl.col("sex") == sex).height for sex in ("Female", "Male", "Other")]
    assert [answer["value"] for answer in answers] == pytest.approx(truth, abs=14 / 0.5)


def test_the_check_measures_what_the_release_says_it_spent(folder):
    found = release(asked(folder, OTHERS), now=NOW)
    (result,) = run_check(read(folder), now=lambda: NOW).results
    assert result.measurement is not None
    assert result.measurement.value == pytest.approx(found.after)
    assert str(result.verdict) == "PASS"
    entries = read_ledger("privacy_budget.toml", (folder / "privacy_budget.toml").read_bytes())
    assert next((entry.what, entry.day) for entry in entries) == ("hours", "2026-11-21")


def test_beyond_the_ceiling_nothing_is_released_and_nothing_spent(folder):
    release(asked(folder, COUNT.format(epsilon=0.7)), now=NOW)
    ledger = (folder / "privacy_budget.toml").read_bytes()
    with pytest.raises(BudgetSpent, match=r"from 0\.7 to 1\.4"):
        release(asked(folder, COUNT.format(epsilon=0.7), "second.json"), now=NOW)
    assert not (folder / "second.json").exists()
    assert (folder / "privacy_budget.toml").read_bytes() == ledger
    release(asked(folder, COUNT.format(epsilon=0.3), "third.json"), now=NOW)
    assert (folder / "third.json").exists()


def test_two_at_once_cannot_both_spend_the_last_epsilon(folder):
    wanted = [asked(folder, COUNT.format(epsilon=0.4), f"out-{at}.json", name=f"{at}.toml") for at in range(6)]

    def one(request):
        try:
            return release(request, now=NOW).after
        except BudgetSpent:
            return None

    with ThreadPoolExecutor(6) as pool:
        spent = sorted(filter(None, pool.map(one, wanted)))
    assert spent == [pytest.approx(0.4), pytest.approx(0.8)]
    assert len(list(folder.glob("out-*.json"))) == 2
    assert len(read_ledger("privacy_budget.toml", (folder / "privacy_budget.toml").read_bytes())) == 2


def test_a_ledger_that_is_changed_meanwhile_stops_the_release(folder):
    ledger, done = folder / "privacy_budget.toml", []

    def meddling(top: int) -> int:
        if not done:
            done.append(ledger.write_text("# somebody was here\n"))
        return random.randrange(top)

    with pytest.raises(LedgerChanged, match="while the release was made"):
        release(asked(folder, COUNT.format(epsilon=0.1)), now=NOW, source=own_source(meddling))
    assert not (folder / "figures.json").exists()
    assert ledger.read_text() == "# somebody was here\n"
    assert not list(folder.glob(".figures*")) and not list(folder.glob(".privacy_budget.toml.?*[!k]"))


@pytest.mark.parametrize("how", ["smaller", "removed", "gone", "no seal", "broken seal"])
def test_what_was_spent_cannot_be_taken_back_in_the_file(folder, how):
    release(asked(folder, COUNT.format(epsilon=0.7)), now=NOW)
    ledger, seal = folder / "privacy_budget.toml", folder / "privacy_budget.toml.seal"
    text = ledger.read_text()
    if how == "smaller":
        ledger.write_text(text.replace("epsilon = 0.7", "epsilon = 0.1"))
    elif how == "removed":
        ledger.write_text(text.partition("[[release]]")[0])
    elif how == "gone":
        ledger.unlink()
    elif how == "no seal":
        seal.unlink()
    else:
        seal.write_text("{}")
    with pytest.raises(LedgerChanged, match="not what the last release left"):
        release(asked(folder, COUNT.format(epsilon=0.7), "second.json"), now=NOW)
    assert not (folder / "second.json").exists()


def test_a_training_run_may_be_added_by_hand_and_counts(folder):
    release(asked(folder, COUNT.format(epsilon=0.3)), now=NOW)
    with (folder / "privacy_budget.toml").open("a") as file:
        file.write(
            '\n[[release]]\ndataset = "census"\nunit = "person"\nmechanism = "pure"\nepsilon = 0.5\nsource = "x"\n'
        )
    with pytest.raises(BudgetSpent, match=r"from 0\.8 to 1\.1"):
        release(asked(folder, COUNT.format(epsilon=0.3), "second.json"), now=NOW)
    assert release(asked(folder, COUNT.format(epsilon=0.1), "third.json"), now=NOW).after == pytest.approx(0.9)


def test_another_data_set_of_the_ledger_has_a_budget_of_its_own(folder):
    release(asked(folder, COUNT.format(epsilon=0.9)), now=NOW)
    (folder / "clerestory.toml").write_text(MANIFEST.replace('"census"', '"other"'))
    wanted = asked(folder, COUNT.format(epsilon=0.9), "second.json")
    wanted_other = (folder / "release.toml").read_text().replace('dataset = "census"', 'dataset = "other"')
    (folder / "release.toml").write_text(wanted_other)
    assert wanted.dataset == "census"
    assert release(read_wanted(folder / "release.toml"), now=NOW).after == pytest.approx(0.9)


def test_normal_noise_is_accounted_as_zcdp(folder):
    question = COUNT.format(epsilon=0.1).replace("epsilon = 0.1", "rho = 0.005")
    found = release(asked(folder, question, more='mechanism = "gaussian"'), now=NOW)
    (entry,) = read_ledger("privacy_budget.toml", (folder / "privacy_budget.toml").read_bytes())
    assert (entry.release.mechanism, entry.release.rho) == ("zcdp", 0.005)
    # Between what a proof cannot go below and Bun and Steinke (2016): rho + 2 sqrt(rho log(1 / delta)).
    assert 0.3 < found.after <= 0.005 + 2 * (0.005 * 13.815510557964274) ** 0.5


def test_a_delta_that_is_not_below_one_in_the_people_is_refused(tmp_path):
    folder = folder_of(tmp_path, MANIFEST + "delta = 0.001\n")
    with pytest.raises(BudgetSpent, match=r"delta 0\.001 is not below 1 / 32561"):
        release(asked(folder, COUNT.format(epsilon=0.1)), now=NOW)


def test_nothing_that_leaves_tells_of_the_bytes_of_the_data(folder):
    from clerestory.intake.data import file_digest

    release(asked(folder, OTHERS), now=NOW)
    digest = file_digest(folder / "people.parquet").removeprefix("sha256:")
    assert digest[:16] not in (folder / "figures.json").read_text()
    assert digest[:16] not in (folder / "privacy_budget.toml").read_text()


@pytest.mark.parametrize("mechanism, size", [("geometric", Fraction(1, 2)), ("gaussian", Fraction(1, 8))])
def test_opendp_draws_the_same_noise_as_we_do(mechanism, size):
    price = Price(mechanism=mechanism, size=size)
    told, spread = with_opendp([100] * 20_000, 2, price)
    scale, variance = 2 / 0.5, 2 * 2 / (2 / 8)
    chance = (lambda n: exp(-abs(n) / scale)) if mechanism == "geometric" else (lambda n: exp(-n * n / (2 * variance)))
    norm = sum(chance(n) for n in range(-400, 401))
    expected = np.array([chance(n) / norm for n in range(-12, 13)])
    counted_told = np.bincount(np.array(told) - 100 + 500, minlength=1_001)[488:513]
    rest, rest_told = 1 - expected.sum(), 20_000 - counted_told.sum()
    found = chisquare([*counted_told, rest_told], np.array([*expected, rest]) * 20_000)
    assert found.pvalue > 1e-4
    assert spread == noisy([0], 2, price, random.randrange)[1]


@settings(max_examples=25, deadline=None)
@given(st.fractions(Fraction(1, 1_000), 5), st.integers(1, 10**7), st.sampled_from(["geometric", "gaussian"]))
def test_opendp_keeps_every_price_by_its_own_account(size, most, mechanism):
    (told,), spread = with_opendp([5], most, Price(mechanism=mechanism, size=size))
    assert isinstance(told, int) and spread.half > 0


def test_opendp_is_named_in_the_ledger_where_it_drew(folder):
    release(asked(folder, COUNT.format(epsilon=0.5)), now=NOW, source=best_source())
    release(asked(folder, COUNT.format(epsilon=0.1), "own.json"), now=NOW, source=own_source())
    first, second = tomllib.loads((folder / "privacy_budget.toml").read_text())["release"]
    assert ", drawn by OpenDP 0." in first["source"]
    assert "OpenDP" not in second["source"]


@pytest.mark.parametrize("most, size", [(0, Fraction(1)), (1, Fraction(0))])
def test_opendp_is_asked_for_nothing_that_hides_nobody(most, size):
    with pytest.raises((NoiseImpossible, QuestionRefused)):
        with_opendp([1], most, Price(mechanism="geometric", size=size))


def test_a_list_for_spreadsheets_says_the_same(folder):
    release(asked(folder, COUNT.format(epsilon=0.5), "figures.csv"), now=NOW)
    lines = (folder / "figures.csv").read_text().splitlines()
    assert lines[0] == "question,group,quantile,from,to,count,value,noise"
    assert lines[1].startswith("people by sex,sex=Female,")
    assert len(lines) == 4


ROWS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["a", "b", "c"]), st.floats(-50, 150)), min_size=1, max_size=40
)
MANY = """
[[question]]
name = "1"
what = "count"
by = {{ g = ["a", "b"] }}
epsilon = 1
[[question]]
name = "2"
what = "histogram"
column = "x"
edges = [0, 10, 90]
epsilon = 1
[[question]]
name = "3"
what = "mean"
column = "x"
lowest = 0
highest = 100
by = {{ g = ["a", "b"] }}
epsilon = 1
[[question]]
name = "4"
what = "sum"
column = "x"
lowest = -10
highest = 100
epsilon = 1
"""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.integers(1, 4))
def test_taking_one_person_away_changes_no_answer_by_more_than_it_is_priced_for(tmp_path, rows, most):
    from clerestory.assurance.privacy.released.answer import sum_most

    text = REQUEST.replace("rows_are_people = true", f'person = "p"\nrows_per_person = {most}')
    (tmp_path / "r.toml").write_text(text.format(output="o.json", more="") + MANY.format())
    wanted = read_wanted(tmp_path / "r.toml")
    frame = pl.DataFrame(rows, schema={"p": pl.Int64, "g": pl.String, "x": pl.Float64}, orient="row")
    used = bounded(frame, wanted)
    assert used.group_by("p").len()["len"].max() <= most
    without = used.filter(pl.col("p") != rows[0][0])
    widths = [[most], [most], [sum_most(-50, 50, most), most], [sum_most(-10, 100, most)]]
    for question, width in zip(wanted.questions, widths, strict=True):
        for first, second, limit in zip(counted(used, question), counted(without, question), width, strict=True):
            assert sum(abs(a - b) for a, b in zip(first, second, strict=True)) <= limit


def put(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


GOOD = REQUEST.format(output="figures.json", more="") + COUNT.format(epsilon=0.1)
BAD = {
    "no person": (put(GOOD, "rows_are_people = true", ""), "whose rows they are"),
    "rows of one person": (put(GOOD, "= true", "= true\nrows_per_person = 3"), "one row a person"),
    "unknown key": (put(GOOD, "epsilon =", "eps ="), "epsilon is None"),
    "unknown table": (GOOD + "\n[ceiling]\nepsilon = 9\n", "no table [ceiling]"),
    "no question": (GOOD.partition("[[question]]")[0], "no [[question]]"),
    "epsilon of 0": (put(GOOD, "epsilon = 0.1", "epsilon = 0"), "costs nothing"),
    "epsilon below 0": (put(GOOD, "epsilon = 0.1", "epsilon = -1"), "costs nothing"),
    "epsilon without end": (put(GOOD, "epsilon = 0.1", "epsilon = inf"), "epsilon is inf"),
    "groups from the data": (put(GOOD, '["Female", "Male", "Other"]', "[]"), "lists no values"),
    "unknown column": (put(GOOD, "by = { sex", "by = { sexe"), "no column 'sexe'"),
    "a column for a count": (put(GOOD, "by =", 'column = "age"\nby ='), "count and column do not fit"),
    "bounds exchanged": (
        put(GOOD, 'what = "count"', 'what = "sum"\ncolumn = "age"\nlowest = 9\nhighest = 1'),
        "no values",
    ),
    "a mean of text": (
        put(GOOD, 'what = "count"', 'what = "mean"\ncolumn = "race"\nlowest = 0\nhighest = 1'),
        "holds text, no numbers",
    ),
    "edges that do not ascend": (
        put(GOOD, 'what = "count"', 'what = "histogram"\ncolumn = "age"\nedges = [9, 1]'),
        "do not ascend",
    ),
    "no known form": (put(GOOD, "figures.json", "figures.doc"), "no known form"),
    "no budget": (put(GOOD, '"census"', '"nobody"'), "0 checks privacy.budget-accounting"),
    "missing input": (put(GOOD, "rows_are", 'input = "gone.csv"\nrows_are'), "no such file"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_one_error_and_nothing_is_spent(tmp_path, name):
    text, said = BAD[name]
    folder = folder_of(tmp_path)
    (folder / "release.toml").write_text(text, encoding="utf-8")
    with pytest.raises((ManifestUnusable, SourceUnreadable)) as refused:
        release(read_wanted(folder / "release.toml"), now=NOW)
    assert said in refused.value.problem, refused.value.problem
    assert {file.name for file in folder.iterdir()} == {"people.parquet", "clerestory.toml", "release.toml"}


@pytest.mark.parametrize(
    "ledger, error, said",
    [
        ("not toml", LedgerUnusable, "cannot be read"),
        (
            '[[release]]\ndataset = "census"\nunit = "person"\nmechanism = "declared"\nepsilon = 0.1',
            BudgetSpent,
            "declared",
        ),
        (
            '[[release]]\ndataset = "census"\nunit = "row"\nmechanism = "pure"\nepsilon = 0.1\nsource = "x"',
            BudgetSpent,
            "another unit",
        ),
    ],
)
def test_a_ledger_that_cannot_be_accounted_for_stops_every_release(folder, ledger, error, said):
    (folder / "privacy_budget.toml").write_text(ledger)
    with pytest.raises(error, match=said):
        release(asked(folder, COUNT.format(epsilon=0.1)), now=NOW)
    assert (folder / "privacy_budget.toml").read_text() == ledger


def test_without_any_data_named_nothing_is_read(tmp_path):
    head, _, rest = MANIFEST.partition("[data]")
    folder = folder_of(tmp_path, head + rest.partition("\n\n")[2])
    with pytest.raises(ManifestUnusable, match=r"names no input, and the manifest has no \[data\]"):
        release(asked(folder, COUNT.format(epsilon=0.1)), now=NOW)


def test_where_nothing_can_be_written_nothing_is_released(folder):
    (folder / "privacy_budget.toml").mkdir()
    with pytest.raises(LedgerNotWritten):
        release(asked(folder, COUNT.format(epsilon=0.1)), now=NOW)
    assert not (folder / "figures.json").exists()


def test_the_document_says_what_a_reader_needs(folder):
    release(asked(folder, COUNT.format(epsilon=0.5)), now=NOW)
    document = json.loads((folder / "figures.json").read_text())
    assert (document["unit"], document["rows_per_person"], document["dataset"]) == ("person", 1, "census")
    (question,) = document["questions"]
    assert (question["mechanism"], question["epsilon"]) == ("geometric", 0.5)
    assert question["answers"][0]["noise"] == pytest.approx(2.9957 / 0.5, rel=1e-3)
