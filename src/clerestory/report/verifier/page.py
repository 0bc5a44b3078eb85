"""The auditor's program as one page for a browser, as it was built with this version from the sources in the browser's
assets. It checks what ``verify.py`` checks of the log, and says that it derives no status."""

from importlib.resources import files

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

_BUILT = "web/static/built/verify.html"


class NotBuilt(ClerestoryError):
    """This installation came without the page."""


def page() -> bytes:
    """Return verify.html, the same bytes for everybody who has the same version.

    Raises:
        NotBuilt: the browser's files were never built here.
    """
    try:
        return files("clerestory").joinpath(_BUILT).read_bytes()
    except FileNotFoundError as error:
        raise NotBuilt(
            _("verify.html was not built with this installation."),
            _("Run script/assets in a checkout, or install a released package."),
        ) from error
