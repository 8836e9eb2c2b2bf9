"""A client's morning by mail: asked, answered, solved, and billed at the end of the month."""

from __future__ import annotations

from tests.stories.day import QUESTION, SOLVED, Desk, expected, live, outcome, pdf_of


def test_a_mail_is_answered_solved_and_billed(desk: Desk) -> None:
    acme = desk.cast.acme
    live(desk, acme)
    assert outcome(desk, acme) == expected(acme)
    assert pdf_of(desk, acme).startswith(b"%PDF-")
    receipt, question, solution = desk.world.letters
    assert "ACME-1" in receipt["Subject"]
    assert (question.get_content().strip(), solution.get_content().strip()) == (QUESTION, SOLVED)
    assert "<2@acme.example>" in solution["References"]
