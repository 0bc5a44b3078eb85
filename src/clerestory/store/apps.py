"""Django application of the store."""

from django.apps import AppConfig


class Store(AppConfig):
    """Registered as ``store``."""

    name = "clerestory.store"
    label = "store"
