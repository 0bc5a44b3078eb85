"""Whether decisions hold when inputs are noisy, missing, reworded or chosen by somebody who wants another decision."""

from clerestory.assurance.robustness import noise_flip_rate

__all__ = ["noise_flip_rate"]
