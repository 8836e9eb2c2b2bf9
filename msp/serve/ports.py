"""Ports of this machine: which are free, and whether somebody answers."""

import socket
from collections.abc import Collection
from contextlib import suppress


def next_free(host: str, port: int, taken: Collection[int] = ()) -> int:
    """The first port from `port` on that can be listened on and is not already given away."""
    for candidate in range(port, min(port + 1000, 65536)):
        if candidate not in taken and _is_free(host, candidate):
            return candidate
    raise OSError(f"No port from {port} on is free on {host}.")


def answers(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    with suppress(OSError), socket.create_connection((reachable(host), port), timeout=1):
        return True
    return False


class Knock:
    """Asks a port for a page without ever waiting; a bound port alone is no answer, for its workers may still load."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (reachable(host), port)
        self._asked: socket.socket | None = None

    def is_answered(self) -> bool:
        """Whether the answer has come since the last look; asks (again) when nobody is being asked."""
        try:
            if self._asked is None:
                self._asked = socket.create_connection(self._address, timeout=0.1)
                self._asked.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                self._asked.setblocking(False)
            answer = self._asked.recv(1024)
        except BlockingIOError:
            return False
        except OSError:
            answer = b""
        self.close()
        return answer.startswith(b"HTTP/")

    def close(self) -> None:
        """Stop asking."""
        if self._asked is not None:
            self._asked.close()
            self._asked = None


def reachable(host: str) -> str:
    """The address at which a listener on `host` is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not bound


def named(host: str) -> str:
    """The name of this machine in a URL; `localhost` where it fits, because passkeys want a name."""
    here = reachable(host)
    if here in {"127.0.0.1", "::1"}:
        return "localhost"
    return f"[{here}]" if ":" in here else here


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return not answers(host, port)
