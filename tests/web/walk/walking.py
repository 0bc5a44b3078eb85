"""A member who goes to every page of the registers and reads what stands there."""

from collections.abc import Iterator

from django.test import Client

from tests.web.conftest import Place
from tests.web.test_permissions import pages, things_of
from tests.web.walk.reading import Form, read

ELSEWHERE = ("/account/", "/language/", "/display/", "/place/", "/members/", "/api/", "/notices/", "/organisation/wipe")
"""What is no part of a register: sign-in, how it looks, members and what each is told."""
ENDS = ("end", "retire", "delete", "remove", "release", "withdraw", "revoke", "close", "discard", "gone", "take")
TABS = ("comments", "links", "files", "history")
WORD = "Plain words of a test that say enough"


def addresses(place: Place) -> list[str]:
    """Return the addresses of all pages of members, filled with records that are there."""
    found = dict.fromkeys(address for _name, address in pages(things_of(place)))
    return [address for address in found if not address.startswith(ELSEWHERE)]


def opened(client: Client, found: list[str]) -> Iterator[tuple[str, str]]:
    """Yield address and text of each page that opens."""
    for address in found:
        answer = client.get(address)
        assert answer.status_code < 500, address
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            yield address, answer.content.decode()


def forms(client: Client, found: list[str]) -> list[Form]:
    """Return every form that is posted from these pages, each once; those that end something last."""
    made: dict[tuple[str, tuple[str, ...]], Form] = {}
    for address, html in opened(client, found):
        for form in read(address, html).forms:
            if not form.action.startswith(ELSEWHERE) and not form.is_upload:
                made.setdefault(form.key if "do" not in form.fields else ("a list", form.key[1]), form)
    return sorted(made.values(), key=lambda form: any(word in form.action for word in ENDS))


def again(client: Client, form: Form) -> Form | None:
    """Return the form as its page has it now; None where it is not there any more."""
    answer = client.get(form.page)
    if answer.status_code != 200:
        return None
    found = (one for one in read(form.page, answer.content.decode()).forms if one.key == form.key)
    return next(found, None)
