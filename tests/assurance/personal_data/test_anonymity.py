"""k-anonymity and l-diversity of a table published with its answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerestory.assurance.personal_data.anonymity import NothingToCompare, anonymity

# Table 2 of Machanavajjhala et al. (2007): 4-anonymous inpatient data; its third class has cancer alone.
ZIP = np.array(["130**"] * 4 + ["1485*"] * 4 + ["130**"] * 4, dtype=object)
AGE = np.array(["<30"] * 4 + [">=40"] * 4 + ["3*"] * 4, dtype=object)
ILLNESS = np.array(
    ["heart", "heart", "viral", "viral", "cancer", "heart", "viral", "viral", "cancer", "cancer", "cancer", "cancer"],
    dtype=object,
)


def test_the_published_table_has_k_4_and_diversity_1():
    found = anonymity([ZIP, AGE], ILLNESS)
    assert (found.k, found.classes, found.diversity, found.singled_out) == (4, 3, 1, 0.0)
    assert found.risk == pytest.approx(3 / 12)
    assert found.entropy_diversity == pytest.approx(1.0)


def test_without_the_class_of_cancer_the_diversity_is_2():
    found = anonymity([ZIP[:8], AGE[:8]], ILLNESS[:8])
    assert found.diversity == 2
    assert found.entropy_diversity == pytest.approx(2.0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", None])), min_size=1, max_size=60))
def test_one_more_column_never_hides_better(rows):
    first = np.array([row[0] for row in rows], dtype=np.float64)
    second = np.array([row[1] for row in rows], dtype=object)
    one, both = anonymity([first]), anonymity([first, second])
    assert both.k <= one.k and both.risk >= one.risk and both.singled_out >= one.singled_out


def test_nothing_to_compare_is_said():
    with pytest.raises(NothingToCompare):
        anonymity([])
