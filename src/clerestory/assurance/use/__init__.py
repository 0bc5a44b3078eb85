"""How the system is used: inside its purpose, and by those only who may."""

from clerestory.assurance.use import access_enforcement, purpose_conformity

__all__ = ["access_enforcement", "purpose_conformity"]
