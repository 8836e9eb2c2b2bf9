"""The desk: doors, rooms and plumbing over tenants, sla and billing."""

import sys
from importlib import import_module

if "structlog" not in sys.modules and "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]  # structlog takes it where it is: 6 MB of each process
    import_module("structlog")
    del sys.modules["rich"]
