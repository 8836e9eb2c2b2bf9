"""Somebody who asks over loopback and keeps the connection: one after the other, or many at once."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Self
from urllib.parse import urlencode

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: seconds from the first byte sent to the last received, statements, CPU seconds of the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def statements(self) -> int:
        return int(self.headers.get("bench-statements", "0"))

    @property
    def cpu(self) -> float:
        return int(self.headers.get("bench-cpu", "0")) / 1e6


class Asker:
    """A browser as small as one can be: cookies, forms, one connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self._wire: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, b"")

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        return self._ask("POST", path, urlencode(form).encode())

    def hang_up(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _ask(self, verb: str, path: str, body: bytes) -> Answer:
        lines = [f"{verb} {path} HTTP/1.1", f"Host: localhost:{self.port}", "Accept: text/html", "Accept-Language: ja"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if verb == "POST":
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        question = "\r\n".join([*lines, "", ""]).encode() + body
        try:
            answer = self._exchange(question)
        except ConnectionError:  # the server may close a connection that was idle
            self.hang_up()
            answer = self._exchange(question)
        if "set-cookie" in answer.headers:
            name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def _exchange(self, question: bytes) -> Answer:
        if self._wire is None:
            self._wire = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            self._wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = time.perf_counter()
        self._wire.sendall(question)
        data = bytearray()
        end = -1
        while end < 0:
            data += self._more()
            end = data.find(b"\r\n\r\n")
        head = data[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        whole = end + 4 + int(headers.get("content-length", "0"))
        while len(data) < whole:
            data += self._more()
        seconds = time.perf_counter() - begun
        if headers.get("connection", "").lower() == "close":
            self.hang_up()
        return Answer(int(head[0].split(" ", 2)[1]), headers, bytes(data[end + 4 : whole]), seconds)

    def _more(self) -> bytes:
        assert self._wire is not None
        piece = self._wire.recv(262_144)
        if not piece:
            raise ConnectionResetError("The server hung up.")
        return piece


def field_of(page: bytes, name: str) -> str:
    """The value of a hidden field. Raises LookupError where the page has none."""
    found = re.search(rf'name="{name}" (?:value|content)="([^"]*)"', page.decode())
    if found is None:
        raise LookupError(f"The page has no field {name}.")
    return found[1]


def at_once(askers: Sequence[Asker], ask: Callable[[Asker, int], Answer], seconds: float) -> list[Answer]:
    """All of them ask without a pause for so many seconds."""
    until = time.monotonic() + seconds
    answers: list[list[Answer]] = [[] for _ in askers]

    def go_on(number: int) -> None:
        while time.monotonic() < until:
            answers[number].append(ask(askers[number], len(answers[number])))

    threads = [Thread(target=go_on, args=(number,)) for number in range(len(askers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for each in answers for answer in each]
