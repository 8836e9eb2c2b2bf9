"""The proofs by the numbers of the list of figures: each looks, says what it found and whether the bar is kept."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from tests.prove import faults, faults_clocks, run_kills, walls
from tests.prove.proof import Found, Place, Proof
from tests.prove.servers import servers

SHOWN = 20
PROOFS: tuple[Proof, ...] = (*walls.PROOFS, *run_kills.PROOFS, *faults.PROOFS, *faults_clocks.PROOFS)


def run(only: int | None) -> bool:
    """Run the proofs of one number, or all; each says what it found, then all in a table. True when all are kept."""
    console = Console()
    found: list[tuple[Proof, Found]] = []
    with servers() as (standing, folder):
        for proof in PROOFS:
            if only is not None and proof.number != only:
                continue
            with console.status(proof.name) as status:
                place = Place(standing, folder, status.update)
                found.append((proof, _proved(proof, place)))
            for sentence in (f"{proof.name}: {found[-1][1].sentence}", *found[-1][1].wrong[:SHOWN]):
                console.print(f"{proof.number}: {sentence}", markup=False, highlight=False, soft_wrap=True)
    console.print(table_of(found))
    return all(each.holds for _, each in found)


def numbers() -> tuple[int, ...]:
    """The numbers that may be asked for alone."""
    return tuple(sorted({proof.number for proof in PROOFS}))


def table_of(found: list[tuple[Proof, Found]]) -> Table:
    """The list of figures with what was found."""
    table = Table(title="What was proved", title_justify="left")
    for name in ("#", "what", "bar", "found", ""):
        table.add_column(name)
    for proof, each in found:
        verdict = "[green]kept" if each.holds else "[red]missed"
        table.add_row(str(proof.number), proof.name, proof.bar, each.sentence, verdict)
    return table


def _proved(proof: Proof, place: Place) -> Found:
    """A proof that breaks has not been given."""
    try:
        return proof.give(place)
    except Exception as error:
        return Found(f"broke: {type(error).__name__}", [f"{type(error).__name__}: {error}"[:2000]])
