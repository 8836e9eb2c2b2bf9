"""The way out to another program: one signed call to a public address that was looked up once, no redirects."""

from __future__ import annotations

import hmac
import http.client
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Timer
from urllib.parse import SplitResult, urlsplit

TIMEOUT = 10.0
MOST_READ = 64 * 1024
KEPT = 2000
PORTS = {"http": 80, "https": 443}
_TRANSLATED = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


class Unreachable(RuntimeError):
    """Nobody took the call this time; it may be taken later."""


class Barred(ValueError):
    """An address that may not be called: no web address, or one that does not lie on the public network."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the address said: the status and the first words of the body."""

    status: int
    text: str

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call goes: the name it is for, and the one checked address it connects to."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """`v1=` and the hex HMAC-SHA256 of `timestamp.body`, so that neither can be changed and old calls are told."""
    return f"v1={hmac.digest(secret, str(timestamp).encode() + b'.' + body, 'sha256').hex()}"


def addresses_of(host: str, port: int) -> list[str]:
    """All addresses of a name, asked for once. Raises Unreachable."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host}: {error}") from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def place_of(url: str, loopback: bool = False, resolve: Resolve = addresses_of) -> Place:
    """Look a URL's name up once; every address must be public (or loopback, where that is allowed).

    Raises Barred, and Unreachable for a name that has no address now.
    """
    parts = split(url)
    host = parts.hostname or ""
    port = parts.port or PORTS[parts.scheme]
    found = resolve(host, port)
    if not found:
        raise Unreachable(f"{host}: no address")
    if not all(_may_be_called(ip_address(one.partition("%")[0]), loopback) for one in found):
        raise Barred(f"{host}: not an address of the public network")
    path = parts.path or "/"
    return Place(parts.scheme, host, port, f"{path}?{parts.query}" if parts.query else path, found[0])


def split(url: str) -> SplitResult:
    """The parts of an http or https URL without credentials. Raises Barred."""
    if any(ord(char) <= 0x20 or ord(char) == 0x7F for char in url):
        raise Barred("not a web address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Barred(str(error)) from error
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or port == 0:
        raise Barred("not a web address")
    return parts


def call(place: Place, body: bytes, headers: dict[str, str]) -> Answer:
    """POST the body to the checked address within ten seconds in all; a redirect is an answer like another.

    Raises Unreachable.
    """
    connection = _Connection(place)
    over = Timer(TIMEOUT, connection.abandon)
    over.start()
    try:
        connection.request("POST", place.path, body, {"Host": _host_of(place), "Connection": "close", **headers})
        response = connection.getresponse()
        read = response.read(MOST_READ)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:500]) from error
    finally:
        over.cancel()
        connection.close()
    return Answer(response.status, read.decode("utf-8", "replace").replace("\0", "")[:KEPT])


class _Connection(http.client.HTTPConnection):
    """Connects to the address that was checked, and asks for the certificate of the name it is for."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port, timeout=TIMEOUT)
        self.place = place
        self.held: socket.socket | None = None

    def connect(self) -> None:
        self.sock = socket.create_connection((self.place.address, self.place.port), TIMEOUT)
        if self.place.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.place.host)
        self.held = self.sock

    def abandon(self) -> None:
        """Whoever answers drop by drop is left when the time is over."""
        if self.held is not None:
            with suppress(OSError):
                self.held.shutdown(socket.SHUT_RDWR)


def _may_be_called(address: Address, loopback: bool) -> bool:
    inner = _meant(address)
    if loopback and inner.is_loopback:
        return True
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _meant(address: Address) -> Address:
    """The address of the older network that one of the newer stands for, where it does (RFC 4291, 3056, 4380, 6052)."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def _host_of(place: Place) -> str:
    name = f"[{place.host}]" if ":" in place.host else place.host
    return name if place.port == PORTS[place.scheme] else f"{name}:{place.port}"
