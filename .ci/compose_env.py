"""Writes var/compose.env, the secrets and choices of a desk in containers; never over one that is there."""

import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHOICES = """\
# A demo on this machine. For a real desk: its own address, MSP_DEMO=no, its own mail server, no profile.
COMPOSE_PROFILES=demo
MSP_BASE_URL=https://localhost
MSP_DEMO=yes
MSP_MAIL_DOMAIN=desk.example
MSP_SMTP_HOST=mailtrap
MSP_SMTP_PORT=1025
MSP_SMTP_TLS=none
"""
SECRETS = ("SECRET_KEY", "POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD")


def main() -> None:
    """Make the file, readable for its owner only."""
    (ROOT / "var").mkdir(mode=0o711, exist_ok=True)
    try:
        descriptor = os.open(ROOT / "var" / "compose.env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(CHOICES + "".join(f"{name}={secrets.token_hex(32)}\n" for name in SECRETS))


if __name__ == "__main__":
    main()
