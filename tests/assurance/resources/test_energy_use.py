"""Energy and time of computing against a budget: the interval of Student, the total, and what the meter may be off."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from clerestory.assurance.measurement import Reason
from clerestory.assurance.trial.files import FileUnusable
from clerestory.terms.status import Verdict
from tests.simulators.grounded import measured, verdict, write

NAME = "resources.energy-use"
HEAD = (
    "timestamp,project_name,run_id,duration,emissions,emissions_rate,cpu_energy,gpu_energy,ram_energy,energy_consumed\n"
)


def rows(*energies: float | str, project: str = "train") -> str:
    return HEAD + "".join(
        f"2026-11-{n:02d}T10:00:00,{project},r{n},3600,{0.4 * float(e or 0)},0,0,0,0,{e}\n"
        for n, e in enumerate(energies, 1)
    )


def test_the_mean_of_runs_has_the_interval_of_student(tmp_path):
    # Sleep data of Student (1908), drug 2, its one negative figure made positive; interval of scipy.
    hours = [1.9, 0.8, 1.1, 0.1, 0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = measured(NAME, write(tmp_path, {"emissions.csv": rows(*hours)}))
    low, high = stats.t.interval(0.95, 9, np.mean(hours), stats.sem(hours))
    assert found.value == pytest.approx(2.35)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert verdict(found, "<= 4") is Verdict.PASS
    assert verdict(found, "<= 2.5") is Verdict.INCONCLUSIVE
    assert verdict(found, "<= 0.5") is Verdict.FAIL


def test_the_total_is_a_sum_widened_by_what_the_meter_may_be_off(tmp_path):
    folder = write(
        tmp_path, {"emissions.csv": rows(1, 2, 3), "b/emissions_2.csv": rows(4, project="tune").replace("r1", "r9")}
    )
    found = measured(NAME, folder, of="total", meter_error=0.1)
    assert (found.value, found.low, found.high) == pytest.approx((10, 9, 11))
    assert {cell.group: cell.value for cell in found.by_group} == {"train": 6.0, "tune": 4.0}
    assert measured(NAME, folder, of="total", projects=["tune"]).value == 4.0
    assert measured(NAME, folder, of="total", quantity="duration").value == 4 * 3600
    assert measured(NAME, folder, of="total", quantity="emissions").value == pytest.approx(4.0)


def test_a_row_that_stands_in_two_files_counts_once_and_rows_without_a_figure_forbid_a_pass(tmp_path):
    folder = write(tmp_path, {"emissions.csv": rows(1, 2, 3), "emissions_old.csv": rows(1, 2)})
    assert measured(NAME, folder, of="total").value == 6.0
    write(tmp_path, {"emissions.csv": rows(1, 2, 3, "")})
    (tmp_path / "emissions_old.csv").unlink()
    found = measured(NAME, tmp_path, of="total")
    assert found.share_unassessable == 0.25
    assert verdict(found, "<= 100") is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("energies", [(), (1,), (1, 2)])
def test_fewer_than_three_runs_say_nothing_of_a_mean(energies, tmp_path):
    assert measured(NAME, write(tmp_path, {"emissions.csv": rows(*energies)})).reason is Reason.INSUFFICIENT_DATA


def test_a_file_of_another_form_is_refused(tmp_path):
    with pytest.raises(FileUnusable, match="no column 'energy_consumed'"):
        measured(NAME, write(tmp_path, {"emissions.csv": "a,b\n1,2\n"}))


def test_the_interval_covers_the_true_mean_as_often_as_it_says(tmp_path):
    draw = np.random.default_rng(1)
    from clerestory.assurance.resources.energy_use import _interval
    from clerestory.assurance.tally import TrialCell

    covered = 0
    for _ in range(2_000):
        runs = draw.normal(5, 1, 8)
        cell = TrialCell(kind=("x",), n=8, total=float(runs.sum()), squares=float((runs**2).sum()))
        found = _interval([cell], total=False, error=0.0)
        covered += found is not None and found.low <= 5 <= found.high
    assert 0.94 <= covered / 2_000 <= 0.96


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 1_000), min_size=3, max_size=8), st.floats(0, 0.5))
def test_the_interval_holds_the_mean_and_grows_with_the_meter_s_error(tmp_path, energies, error):
    folder = write(tmp_path, {"emissions.csv": rows(*energies)})
    sure, unsure = measured(NAME, folder), measured(NAME, folder, meter_error=error)
    assert unsure.low <= sure.low <= sure.value <= sure.high <= unsure.high
