"""Documents as UBL 2.1 for Peppol, from the snapshot alone: BIS Billing 3 and JP PINT."""

from billing.einvoice.codes import PROFILES, Incomplete, lacks
from billing.einvoice.ubl import FILE_NAME, MADE_WITH, ubl

__all__ = ["FILE_NAME", "MADE_WITH", "PROFILES", "Incomplete", "lacks", "ubl"]
