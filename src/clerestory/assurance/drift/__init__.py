"""Distance between reference and current data; every distance knows what chance alone makes of samples of this size."""

from clerestory.assurance.drift import kolmogorov_smirnov, population_stability_index

__all__ = ["kolmogorov_smirnov", "population_stability_index"]
