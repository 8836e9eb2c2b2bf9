"""A refusal as sentences at the fields of the form that can be mended."""

from __future__ import annotations

from flask_babel import gettext

from msp.errors import Refused
from msp.web.forms import Errors, said


def mend(refused: Refused, field: str) -> Errors:
    """Sentences by field in the reader's language; a refusal that names no field stands at `field`."""
    return said(refused.fields) if refused.fields else {field: [gettext(refused.sentence, **refused.facts)]}
