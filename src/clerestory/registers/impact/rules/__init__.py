"""What an impact assessment must say, by its parts. Refuses what is not judged, and what nobody gave a reason for."""

from clerestory.terms.error import ClerestoryError


class ImpactRefused(ClerestoryError):
    """An assessment, its method or a decision about it lacks something or contradicts itself."""
