"""One ticket's day through the doors only: mail in, queue, reply, wait, answer, resolve with time, invoice, PDF."""

from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default as policy
from pathlib import Path
from typing import Any, TypeVar

from aiosmtpd.controller import Controller
from playwright.sync_api import Page, sync_playwright

from msp.settings import PROJECT, surroundings
from tests.chromium import FLAGS, executable
from tests.serving import free_port
from tests.stories.album import SIZE, Album

T = TypeVar("T")
PATIENCE = 600.0
AGENT, OWNER, CLIENT = "agent@desk.example", "owner@desk.example", "user@aozora.example"
WORDS = {
    "ja": {
        "subject": "複合機から印刷できません（2階）",
        "body": (
            "お世話になっております。青空の小川です。\n"
            "今朝から2階の複合機①で印刷できません。㈱の請求書を今日中に出す必要があります。\n"
        ),
        "reply": "ご連絡ありがとうございます。複合機の型番と、画面に出ている番号を教えていただけますか。",
        "answer": "型番は MX-3661 です。画面には E-01 と出ています。髙﨑も同じ状態です。\n",
        "done": "ドライバーを入れ直し、スプーラーを再起動しました。印刷できることを確認いたしました。",
        "how": "プリンタードライバーを更新し、スプーラーを再起動した",
    },
    "en": {
        "subject": "Cannot print on the second floor",
        "body": "Hello, this is Ogawa of Aozora.\nSince this morning nobody on the second floor can print.\n",
        "reply": "Thank you for writing. Which model is it, and which code does its display show?",
        "answer": "It is an MX-3661, and the display says E-01.\n",
        "done": "We have updated the driver and restarted the spooler. A test page came out.",
        "how": "Updated the printer driver and restarted the spooler",
    },
}


@dataclass
class Postbox:
    """A real SMTP server that keeps what it took."""

    mails: list[Message] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=policy))
        return "250 kept"

    def wait_for(self, words: str, to: str) -> Message:
        """The newest mail to an address whose text holds the words."""
        return until(lambda: next((mail for mail in reversed(self.mails) if _says(mail, words, to)), None))


def record(folder: Path, language: str) -> Iterator[Path]:
    """Live the day in one language and answer each picture as it is taken. Raises TimeoutError where a step hangs."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    postbox = Postbox()
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with tempfile.TemporaryDirectory(prefix="msp-day-") as data, sync_playwright() as player:
            album = Album(folder, language, port, player.chromium.launch(executable_path=executable(), args=[*FLAGS]))
            with desk(Path(data), port, controller.port, 0) as listen:
                yield from _work(album, postbox, listen)
            with desk(Path(data), port, controller.port, _to_next_month()):
                yield from _invoice(album)
            album.browser.close()
    finally:
        controller.stop()


def _work(album: Album, postbox: Postbox, listen: int) -> Iterator[Path]:
    said = WORDS[album.language]
    first = _letter(said["subject"], said["body"], "iso-2022-jp" if album.language == "ja" else "utf-8")
    _send(listen, first)
    page = album.sign_in(AGENT)
    key = until(lambda: _key_of(page, said["subject"]))
    page.goto(album.at(f"/tickets?view=due&ticket={key}"))
    yield album.take(page, "1-queue")
    yield album.take(page, "queue")
    page.goto(album.at(f"/tickets/{key}"))
    yield album.take(page, "2-mail-in")
    page.fill(f"#composer-{key} textarea", said["reply"])
    page.select_option(f"#after-{key}", "pending_client")
    yield album.take(page, "3-reply")
    page.click(f"#composer-{key} button[type=submit] >> nth=0")
    reply = postbox.wait_for(said["reply"][:20], CLIENT)
    page.goto(album.at(f"/tickets/{key}"))
    yield album.take_end(page, "4-waiting")
    _send(listen, _answer(reply, said["answer"]))
    until(lambda: _shows(page, said["answer"].split("。")[0].strip()[:20]))
    yield album.take_end(page, "5-answered")
    page.fill(f"#composer-{key} textarea", said["done"])
    page.fill(f"#minutes-{key}", "45")
    page.select_option(f"#after-{key}", "resolved")
    page.fill(f"#resolution-{key}", said["how"])
    page.click(f"#composer-{key} button[type=submit] >> nth=0")
    postbox.wait_for(said["done"][:20], CLIENT)
    page.goto(album.at(f"/tickets/{key}"))
    yield album.take_end(page, "6-resolved")
    page.set_viewport_size({"width": 1440, "height": 1200})
    yield album.take(page, "ticket")


def _invoice(album: Album) -> Iterator[Path]:
    page = album.sign_in(OWNER)
    page.goto(album.at("/month"))
    yield album.take(page, "7-month")
    yield album.take(page, "month")
    page.goto(album.at(page.locator("a[href*='/month/AOZORA/drafts/']").first.get_attribute("href") or ""))
    yield album.take(page, "8-draft")
    page.set_viewport_size({"width": 1440, "height": 1700})
    page.locator("main td a").last.click()
    page.wait_for_selector("#calculation dt")
    yield album.take(page, "invoice")
    page.set_viewport_size(SIZE)
    page.goto(album.at(f"/month/issue?of={_last_month()}&only=AOZORA"))
    yield album.take(page, "9-confirm")
    page.click("main form button[type=submit] >> nth=-1")
    page.wait_for_load_state()
    yield album.take(page, "10-issued")
    content = until(lambda: _newest_pdf(page, album))
    path = album.folder / f"{album.language}-11-invoice.pdf"
    path.write_bytes(content)
    yield path
    yield from album.draw(path)


@contextmanager
def desk(data: Path, port: int, smtp_port: int, ahead: int) -> Iterator[int]:
    """A whole desk as `msp run` starts it; answers the port of its mail listener."""
    listen = free_port()
    given = {
        **surroundings(),
        "PORT": str(port),
        "MSP_EVENTS_PORT": str(free_port()),
        "MSP_LISTEN_PORT": str(listen),
        "MSP_SMTP_HOST": "127.0.0.1",
        "MSP_SMTP_PORT": str(smtp_port),
        "MSP_SMTP_TLS": "none",
        "MSP_UNDO_SECONDS": "2",
        "MSP_CLOCK_AHEAD": str(ahead),
    }
    log = (data / "run.log").open("ab")
    command = [sys.executable, "-m", "msp.cli", "run", "--data", str(data / "var")]
    running = subprocess.Popen(command, env=given, cwd=PROJECT, stdout=log, stderr=log)
    try:
        until(lambda: _is_open(port))
        until(lambda: _listens(listen))
        yield listen
    finally:
        running.terminate()
        running.wait(60)
        log.close()


def until(ask: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """Ask again and again until there is an answer. Raises TimeoutError."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.5)
    raise TimeoutError("What should have happened did not.")


def _letter(subject: str, body: str, charset: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = f"小川 拓海 <{CLIENT}>", "help@desk.example", subject
    letter["Message-ID"] = f"<{time.time_ns()}@aozora.example>"
    letter.set_content(body, charset="utf-8" if "①" in body else charset)
    return letter


def _answer(to: Message, body: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"] = CLIENT, str(to["Reply-To"] or to["From"])
    letter["Subject"], letter["In-Reply-To"] = f"Re: {to['Subject']}", str(to["Message-ID"])
    letter["Message-ID"] = f"<{time.time_ns()}@aozora.example>"
    letter.set_content(body)
    return letter


def _send(port: int, letter: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(letter)


def _says(mail: Message, words: str, to: str) -> bool:
    part = mail.get_body(("plain",)) if isinstance(mail, EmailMessage) else None
    return to in str(mail["To"]) and part is not None and words in part.get_content()


def _key_of(page: Page, subject: str) -> str | None:
    page.reload()
    row = page.locator(f"[data-title='{subject}']").first
    number = row.evaluate("row => row.closest('[data-number]').dataset.number") if row.count() else None
    return str(number) if number else None


def _shows(page: Page, words: str) -> bool:
    page.reload()
    return words in page.inner_text("main")


def _newest_pdf(page: Page, album: Album) -> bytes | None:
    page.goto(album.at("/month"))
    document = page.locator("a[href*='/month/AOZORA/invoices/']").first
    if not document.count():
        return None
    page.goto(album.at(document.get_attribute("href") or ""))
    link = page.locator("a[href$='.pdf']").first
    if not link.count():
        return None
    answer = page.request.get(album.at(link.get_attribute("href") or ""))
    return answer.body() if answer.ok else None


def _to_next_month() -> int:
    now = datetime.now(UTC)  # noqa: TID251 - the story's own clock
    first = (now.replace(day=1) + timedelta(days=32)).replace(day=2, hour=1)
    return int((first - now).total_seconds())


def _last_month() -> str:
    return datetime.now(UTC).strftime("%Y-%m")  # noqa: TID251 - the story's own clock


def _is_open(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
