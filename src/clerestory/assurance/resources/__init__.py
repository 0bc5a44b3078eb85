"""What a run needed: its environment as captured, and the energy and time that it used."""

from clerestory.assurance.resources import energy_use, environment_capture

__all__ = ["energy_use", "environment_capture"]
