"""Who goes on working while processes die: clients who write, an agent who answers, and a server that gets our mail."""

from __future__ import annotations

import re
import smtplib
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.client import HTTPConnection, HTTPException
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, cast
from urllib.parse import urlencode

from aiosmtpd.controller import Controller

from tests.cast import PASSWORD

HELP = "help@desk.example"
SENDERS = 40
KEY = re.compile(r'data-number="([A-Z]+-\d+)"')
TOKEN = re.compile(r"\b[qran]\d+-\w+\b")


@dataclass
class Post:
    """The world's mail server: it records every mail it took with its Message-ID, in the order of arrival."""

    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    fresh: SimpleQueue[EmailMessage] = field(default_factory=SimpleQueue)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = message_from_bytes(cast("bytes", envelope.content), policy=default)
        if mail["Message-ID"] not in {message_id for message_id, _ in self.taken}:
            self.fresh.put(mail)
        self.taken.append((mail["Message-ID"], mail))
        return "250 OK"

    def open(self) -> Controller:
        """Listen on a free port; the caller stops it."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        controller = Controller(self, hostname="127.0.0.1", port=port)
        controller.start()
        return controller


@dataclass
class Deeds:
    """What was acknowledged, by the token in its text, and every answer of the pages that was none."""

    mails: set[str] = field(default_factory=set)
    replies: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    unavailable: int = 0
    hung_up: int = 0


class Edge:
    """The edge that delivers until it is told that a mail is safe."""

    def __init__(self, port: int, deeds: Deeds, over: Event) -> None:
        self.port, self.deeds, self.over = port, deeds, over

    def deliver(self, token: str, sender: str, text: str, headers: Mapping[str, str]) -> bool:
        """True once the desk's listener said 250; False when the proof ended before."""
        mail = EmailMessage()
        mail["From"], mail["To"] = f"髙﨑花子 <{sender}>", headers.get("To", HELP)
        mail["Message-ID"] = f"<{token}@{sender.rpartition('@')[2]}>"
        for name in ("Subject", "In-Reply-To"):
            if name in headers:
                mail[name] = headers[name]
        mail.set_content(f"{text} {token}", charset="iso-2022-jp")
        while True:
            try:
                with smtplib.SMTP("127.0.0.1", self.port, "edge.example", timeout=20) as server:
                    server.sendmail(sender, [str(mail["To"])], mail.as_bytes())
            except (OSError, smtplib.SMTPException):
                if self.over.wait(0.3):
                    return False
            else:
                self.deeds.mails.add(token)
                return True


class Browser:
    """A person's browser: cookies and forms; what it asked once it does not ask again by itself."""

    def __init__(self, port: int, deeds: Deeds) -> None:
        self.port, self.deeds = port, deeds
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> tuple[int, str]:
        """(status, page); 0 when nobody answered. Whatever is neither expected nor 503 is written down as odd."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers["Accept-Language"] = "ja"
        try:
            if form is None:
                connection.request("GET", path, headers=headers)
            else:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                connection.request("POST", path, urlencode(form), headers)
            answer = connection.getresponse()
            page = answer.read().decode()
        except (OSError, HTTPException):
            self.deeds.hung_up += 1
            return 0, ""
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status == 503:
            self.deeds.unavailable += 1
        elif answer.status not in (200, 302, 303, 409):
            self.deeds.odd.append(f"{answer.status} {'POST' if form else 'GET'} {path}")
        return answer.status, page

    def sign_in(self, email: str) -> None:
        """Until the desk lets him in."""
        for _ in range(120):
            status, page = self.ask("/sign-in")
            if status == 200:
                given = {"csrf_token": hidden(page, "csrf_token"), "email": email, "password": PASSWORD}
                if self.ask("/sign-in", given)[0] == 302:
                    return
            time.sleep(1)
        raise TimeoutError("Nobody was let in.")


class Agent:
    """Answers every ticket of the queue, and solves it when the client has written again."""

    def __init__(self, browser: Browser, deeds: Deeds, over: Event) -> None:
        self.browser, self.deeds, self.over = browser, deeds, over
        self.asked: set[str] = set()
        self.solved: set[str] = set()

    def work(self) -> None:
        while not self.over.is_set():
            status, queue = self.browser.ask("/tickets")
            for key in dict.fromkeys(KEY.findall(queue)) if status == 200 else ():
                if self.over.is_set():
                    return
                self._see_to(key)
            self.over.wait(0.5)

    def _see_to(self, key: str) -> None:
        if key not in self.asked:
            if self._answer(key, f"r1-{key.replace('-', '')}", "型番を教えてください。", {"after": "pending_client"}):
                self.asked.add(key)
        elif key not in self.solved and f"a1-{key.replace('-', '')}" in self.browser.ask(f"/tickets/{key}")[1]:
            more = {"then": "solve", "minutes": "15", "work_type": "remote"}
            if self._answer(key, f"r2-{key.replace('-', '')}", "設定を直しました。", more):
                self.solved.add(key)

    def _answer(self, key: str, token: str, text: str, more: Mapping[str, str]) -> bool:
        """Whether it stands on the ticket for all he can see; who is not sure looks first, as a person would."""
        status, page = self.browser.ask(f"/tickets/{key}")
        if status != 200:
            return False
        if _stands(page, token):
            self.deeds.replies.add(token)
            return True
        fields = {name: hidden(page, name) for name in ("csrf_token", "send_token")}
        given = {**fields, "kind": "reply", "body": f"{text} {token}", **more}
        sent, _ = self.browser.ask(f"/tickets/{key}/answer", given)
        if sent == 303:
            self.deeds.replies.add(token)
        return sent == 303


class Clients:
    """People who write new mails, and answer every question they get."""

    def __init__(self, edge: Edge, post: Post, over: Event, pause: float) -> None:
        self.edge, self.post, self.over, self.pause = edge, post, over, pause
        self.written = 0

    def write(self) -> None:
        while not self.over.is_set():
            self.written += 1
            number = self.written
            sender = f"person{number % SENDERS}@{('acme', 'globex')[number % 2]}.example"
            self.edge.deliver(f"q1-{number}", sender, "印刷できません。", {"Subject": f"複合機 {number}"})
            self.over.wait(self.pause)

    def answer(self) -> None:
        while not self.over.is_set():
            try:
                mail = self.post.fresh.get(timeout=0.5)
            except Empty:
                continue
            asked = re.search(r"\br1-(\w+)", str(mail.get_content()))
            if asked:
                headers = {
                    "Subject": f"Re: {mail['Subject']}",
                    "To": mail["Reply-To"],
                    "In-Reply-To": mail["Message-ID"],
                }
                sender = mail["To"].addresses[0].addr_spec
                self.edge.deliver(f"a1-{asked[1]}", sender, "IM C3000です。", headers)


def started(*works: Callable[[], None]) -> list[Thread]:
    """Each in a thread of its own."""
    threads = [Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads


def hidden(page: str, name: str) -> str:
    """The value of a hidden field; empty where the page has none."""
    found = re.search(rf'name="{name}" (?:value|content)="([^"]*)"', page)
    return found[1] if found else ""


def _stands(page: str, token: str) -> bool:
    """Whether the words stand on the ticket, not only in the composer."""
    return token in re.sub(r"<textarea.*?</textarea>", "", page, flags=re.DOTALL)
