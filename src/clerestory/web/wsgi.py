"""The product as a WSGI application. ``clerestory up`` serves it through `web.serving`."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")

application = get_wsgi_application()
gc.freeze()  # what is loaded stays: a collection in the middle of a page need not look through it
