"""Whether decisions hold when inputs are noisy, missing, reworded or chosen by somebody who wants another decision."""

from clerestory.assurance.robustness import evasion, noise_flip_rate, presentation_attack, text_perturbation

__all__ = ["evasion", "noise_flip_rate", "presentation_attack", "text_perturbation"]
