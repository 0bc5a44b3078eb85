"""Ranks and counts from sorted blocks are those of the whole column sorted at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerestory.store.engine.column.ordered import in_blocks

NUMBERS = st.lists(
    st.one_of(st.sampled_from([0.0, 1.0, 2.5]), st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf, -np.inf])),
    min_size=1,
    max_size=300,
)


@given(NUMBERS, st.integers(1, 60))
def test_a_column_in_blocks_is_the_column_in_order(numbers: list[float], block: int) -> None:
    found = in_blocks(np.array(numbers), block=block)
    finite = np.sort([value for value in numbers if np.isfinite(value)])
    assert found.size == len(finite)
    assert found.missing == int(np.isnan(numbers).sum())
    assert found.infinite == int(np.isinf(numbers).sum())
    assert found.ends() == ((finite[0], finite[-1]) if len(finite) else None)
    for side in ("left", "right"):
        assert found.before(finite, side).tolist() == np.searchsorted(finite, finite, side).tolist()
    if len(finite):
        assert found.at_ranks(np.arange(1, len(finite) + 1)).tolist() == finite.tolist()
    distinct = found.distinct(3)
    assert (None if distinct is None else distinct.tolist()) == (
        np.unique(finite).tolist() if len(np.unique(finite)) <= 3 else None
    )


@pytest.mark.parametrize("kind", ["normal", "heavy", "whole", "sorted", "constant"])
def test_quantiles_over_many_blocks_are_exact_whatever_repeats(kind: str) -> None:
    draw, n = np.random.default_rng(4), 60_000
    numbers = {
        "normal": draw.normal(size=n),
        "heavy": np.where(draw.random(n) < 0.4, 1.0, draw.standard_cauchy(n)),
        "whole": draw.integers(0, 5_000, n).astype(float),
        "sorted": np.sort(draw.normal(size=n)),
        "constant": np.ones(n),
    }[kind]
    ranks = -(-n * np.arange(1, 1_000, dtype=np.int64) // 1_000)
    expected = np.sort(numbers)[ranks - 1]
    assert (in_blocks(numbers.copy(), block=1_700).at_ranks(ranks) == expected).all()
