"""Writes the corpus and what is expected of it: `python -m tests.mail.make`."""

import json
from pathlib import Path

from tests.mail import broken, charsets, machines, quotes, shapes, threads
from tests.mail.build import Sample

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
EXPECTED = HERE / "expected.json"
_BY_PEOPLE = ("person", "list")


def samples() -> list[Sample]:
    """All mails by name."""
    found = [one for source in (charsets, quotes, shapes, machines, broken, threads) for one in source.samples()]
    return sorted(found, key=lambda one: one.name)


def expectation(sample: Sample) -> dict[str, object]:
    """What a reader must find, in the shape of expected.json."""
    return {
        "subject": sample.subject,
        "sender": sample.sender,
        "text": sample.text,
        "fresh": sample.text if sample.fresh is None else sample.fresh,
        "files": list(sample.files),
        "kind": sample.kind,
        "automatic": sample.kind not in _BY_PEOPLE,
        "readable": sample.readable,
        "troubles": sorted(sample.troubles),
    }


def expected_json() -> str:
    """The file of expectations, one entry a mail."""
    entries = {sample.name: expectation(sample) for sample in samples()}
    return json.dumps(entries, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write() -> None:
    """Write everything, take away what is no sample any more."""
    CORPUS.mkdir(exist_ok=True)
    wanted = {f"{sample.name}.eml": sample.raw for sample in samples()}
    for file in CORPUS.glob("*.eml"):
        if file.name not in wanted:
            file.unlink()
    for name, raw in wanted.items():
        (CORPUS / name).write_bytes(raw)
    EXPECTED.write_text(expected_json(), encoding="utf-8")


if __name__ == "__main__":
    write()
