"""Human control of what runs: whether people really look, overrule and catch errors, and whether it can be stopped."""

from clerestory.assurance.oversight import human_effect, override_rate, seeded_error_catch, stop_latency

__all__ = ["human_effect", "override_rate", "seeded_error_catch", "stop_latency"]
