"""Files that come in with a form: kept in the store under a place of ours before any row names them."""

from __future__ import annotations

from flask import request

from msp.errors import Refused
from msp.files import files
from msp.intake.rules import attachments, sniffing
from msp.tickets.actions import Upload

LARGEST = 25 * 1000 * 1000
MOST = 20


def received(tenant_id: int, field: str = "files") -> list[Upload]:
    """The files of a form, stored. Raises Refused for one that is too large, or for too many."""
    sent = [file for file in request.files.getlist(field) if file.filename]
    if len(sent) > MOST:
        raise Refused("That is too many files at once.", {field: ["That is too many files at once."]})
    kept = []
    for number, file in enumerate(sent, 1):
        content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise Refused("One file may have up to 25 MB.", {field: ["One file may have up to 25 MB."]})
        kind = sniffing.kind(content, file.mimetype or "")
        name = attachments.safe_name(file.filename or "") or f"file-{number}{sniffing.extension(kind)}"
        place, digest = files().keep(tenant_id, content)
        kept.append(Upload(name, kind, len(content), digest, place))
    return kept
