"""The way out: one mail to its recipients over SMTP, and what their servers said."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from msp.settings import Settings

TIMEOUT = 30
NEEDS_SIGN_IN = 530


class Unsent(RuntimeError):
    """Nobody took the mail this time; it may go later."""


def post(settings: Settings, sender: str, recipients: Sequence[str], content: bytes) -> dict[str, str]:
    """Hand a mail over. Answers what each recipient's server said: '' for yes, else its code and sentence.

    Raises Unsent when a later try may succeed and nobody has it yet.
    """
    try:
        with _connected(settings) as server:
            refused = server.sendmail(sender, list(recipients), content)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        if not is_permanent(error.smtp_code) or error.smtp_code == NEEDS_SIGN_IN:
            raise Unsent(_said(error.smtp_code, error.smtp_error)) from error
        refused = {one: (error.smtp_code, _bytes(error.smtp_error)) for one in recipients}
    except (smtplib.SMTPException, OSError) as error:
        raise Unsent(f"{type(error).__name__}: {error}") from error
    answers = {one: _said(*refused[one]) if one in refused else "" for one in recipients}
    if all(answer and not is_permanent(answer) for answer in answers.values()):
        raise Unsent("; ".join(sorted(set(answers.values()))))
    return answers


def is_permanent(answer: int | str) -> bool:
    """Whether a reply of a server is final: its code begins with 5 (RFC 5321 4.2.1)."""
    return str(answer).startswith("5")


@contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """A session that may carry mail; how it ends does not matter to a mail that was taken."""
    context = ssl.create_default_context()
    where = (settings.smtp_host, settings.smtp_port)
    server: smtplib.SMTP
    if settings.smtp_tls == "implicit":
        server = smtplib.SMTP_SSL(*where, settings.mail_domain, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(*where, settings.mail_domain, timeout=TIMEOUT)
    try:
        if settings.smtp_tls == "starttls":
            server.starttls(context=context)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _bytes(sentence: bytes | str) -> bytes:
    return sentence if isinstance(sentence, bytes) else sentence.encode()


def _said(code: int, sentence: bytes | str) -> str:
    return f"{code} {' '.join(_bytes(sentence).decode('utf-8', 'replace').split())}"[:500]
