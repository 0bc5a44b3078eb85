"""Where a webhook may go: to public addresses over https on the usual port, and nowhere inside.

A name is resolved once and every address that it has must be public; the connection then goes to one of these, so that
a name which answers differently the second time changes nothing.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from clerestory.terms.error import ClerestoryError
from clerestory.terms.sentence import gettext as _

Resolve = Callable[[str, int], Sequence[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
HTTPS, HTTP = 443, 80
_INSIDE = tuple(ipaddress.ip_network(net) for net in ("168.63.129.16/32", "192.88.99.0/24", "fec0::/10"))
"""Public by number, but a cloud's own service, a relay into 6to4, and site-local addresses of old."""
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class TargetRefused(ClerestoryError):
    """A webhook may not go there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: the name in the address, the one address it is sent to, and the path."""

    is_secure: bool
    host: str
    port: int
    ip: str
    path: str

    @property
    def host_header(self) -> str:
        """The name as the Host header says it."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (HTTPS if self.is_secure else HTTP) else f"{name}:{self.port}"


def resolved(host: str, port: int) -> Sequence[str]:
    """Return every address of a name, as this machine sees it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def place_of(url: str, *, resolve: Resolve = resolved) -> Place:
    """Return where a message to an address goes.

    Raises:
        TargetRefused: it is no https address on port 443, it names a person, or it leads inside.
    """
    host, port, is_secure, path = _read(url)
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise TargetRefused(
            _("The name {host} is not found.", host=host), _("Check the address, or the name server.")
        ) from error
    if not found:
        raise TargetRefused(
            _("The name {host} has no address.", host=host), _("Check the address, or the name server.")
        )
    addresses = [_address(text) for text in found]
    inside = next((ip for ip in addresses if not (is_public(ip) or _is_allowed_loopback(ip))), None)
    if inside is not None:
        raise TargetRefused(
            _("{host} leads to {inside}, which is inside a network and not public.", host=host, inside=inside),
            _("Name a receiver on the public internet; webhooks never go to internal addresses."),
        )
    local = all(_is_allowed_loopback(ip) for ip in addresses)
    if not local and (not is_secure or port != HTTPS):
        raise TargetRefused(
            _("A webhook goes over https on port 443."), _("Write the address like https://example.org/hook.")
        )
    return Place(is_secure, host, port, str(addresses[0]), path)


def is_public(ip: Address) -> bool:
    """Tell whether an address is on the public internet, whatever it is wrapped in."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and any(ip in net for net in _NAT64):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if not ip.is_global or int(ip) >> 32 == 0:
            return False
    shut = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_reserved or ip.is_unspecified
    return ip.is_global and not shut and not any(ip.version == net.version and ip in net for net in _INSIDE)


def _is_allowed_loopback(ip: Address) -> bool:
    return bool(settings.WEBHOOK_LOOPBACK) and ip.is_loopback


def _address(text: str) -> Address:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError as error:
        raise TargetRefused(_("{text} is no address.", text=text), _("Check the name server.")) from error


def _read(url: str) -> tuple[str, int, bool, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetRefused(_("The address cannot be read."), _("Write it like https://example.org/hook.")) from error
    if any(letter <= " " or letter == "\x7f" for letter in url) or "\\" in url or not url.isascii():
        raise TargetRefused(_("The address holds a character that no address has."), _("Write it in plain letters."))
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise TargetRefused(_("The address is no https address."), _("Write it like https://example.org/hook."))
    if parts.username is not None or parts.password is not None:
        raise TargetRefused(_("The address names a user."), _("Leave user and password out; each message is signed."))
    is_secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.hostname.rstrip("."), port or (HTTPS if is_secure else HTTP), is_secure, path
