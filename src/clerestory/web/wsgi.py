"""The web process as a WSGI application: `granian --interface wsgi clerestory.web.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clerestory.settings")

application = get_wsgi_application()
