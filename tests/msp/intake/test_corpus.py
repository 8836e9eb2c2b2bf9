"""Every mail of the corpus says what it must say, and the corpus is what its generator writes."""

import json
from typing import Any

import pytest

from msp.intake.rules.message import Mail, read
from tests.mail import make
from tests.mail.build import DESK

EXPECTED: dict[str, dict[str, Any]] = json.loads(make.EXPECTED.read_text(encoding="utf-8"))


def account(mail: Mail) -> dict[str, Any]:
    return {
        "subject": mail.subject,
        "sender": mail.sender.address if mail.sender else None,
        "text": mail.text.strip(),
        "fresh": mail.fresh,
        "files": [file.name for file in mail.attachments],
        "kind": str(mail.judgement.kind),
        "automatic": mail.judgement.automatic,
        "readable": mail.readable,
        "troubles": sorted(mail.troubles),
    }


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_mail_says_what_its_sender_wrote(name: str) -> None:
    mail = read((make.CORPUS / f"{name}.eml").read_bytes(), own_addresses=(DESK,))
    expected = EXPECTED[name]
    assert account(mail) == expected | {"text": expected["text"].strip(), "fresh": expected["fresh"].strip()}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_folding_loses_nothing(name: str) -> None:
    mail = read((make.CORPUS / f"{name}.eml").read_bytes())
    assert "".join(segment.text for segment in mail.segments) == mail.text


def test_the_corpus_is_what_its_generator_writes() -> None:
    samples = make.samples()
    assert len({sample.name for sample in samples}) == len(samples) >= 70
    assert {file.stem: file.read_bytes() for file in make.CORPUS.glob("*.eml")} == {
        one.name: one.raw for one in samples
    }
    assert make.EXPECTED.read_text(encoding="utf-8") == make.expected_json()


def test_no_answer_goes_to_a_machine() -> None:
    for name in EXPECTED:
        judgement = read((make.CORPUS / f"{name}.eml").read_bytes(), own_addresses=(DESK,)).judgement
        assert not (judgement.automatic and judgement.may_answer), name
