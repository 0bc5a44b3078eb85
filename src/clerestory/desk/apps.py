"""Django application of the desk."""

from django.apps import AppConfig


class Desk(AppConfig):
    """Registered as ``desk``."""

    name = "clerestory.desk"
    label = "desk"
