"""Distance between reference and current data; every distance knows what chance alone makes of samples of this size."""

from clerestory.assurance.drift import (
    chi_square,
    concept,
    domain_classifier,
    jensen_shannon_distance,
    kolmogorov_smirnov,
    population_stability_index,
    wasserstein_distance,
)

__all__ = [
    "chi_square",
    "concept",
    "domain_classifier",
    "jensen_shannon_distance",
    "kolmogorov_smirnov",
    "population_stability_index",
    "wasserstein_distance",
]
