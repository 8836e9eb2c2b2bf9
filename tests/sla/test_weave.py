"""Packs woven over versions and calendars' edits into one chain."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sla.rules.weave import Base, Pack, Piece, laid_over, origin, weave

INSTANTS = st.integers(0, 60)
TERMS = st.fixed_dictionaries(
    {
        "calendar": st.sampled_from(("1", "2")),
        "targets": st.dictionaries(
            st.sampled_from(("P1", "P2")), st.dictionaries(st.sampled_from(("resolution",)), st.integers(1, 9))
        ),
    }
)
VERSIONS = st.lists(INSTANTS, min_size=1, max_size=4, unique=True).flatmap(
    lambda starts: st.tuples(
        *(st.builds(Base, st.just(n), st.just(at), st.just("carry"), TERMS) for n, at in enumerate(sorted(starts), 1))
    )
)
PACKS = st.lists(st.tuples(INSTANTS, INSTANTS, TERMS), max_size=4).map(
    lambda rows: [Pack(n, begin, end, terms) for n, (begin, end, terms) in enumerate(rows, 1)]
)
EDITS = st.fixed_dictionaries({"1": st.lists(INSTANTS, max_size=3, unique=True)})


def held(chain: list[Piece], at: int) -> Piece | None:
    return next((piece for piece in reversed(chain) if piece.starts <= at), None)


@given(VERSIONS, PACKS, EDITS, INSTANTS)
def test_at_every_instant_what_holds_is_the_version_with_the_packs_of_that_instant_over_it(
    versions: tuple[Base, ...], packs: list[Pack], edits: dict[str, list[int]], at: int
) -> None:
    found = held(weave(versions, packs, edits), at)
    below = [version for version in versions if version.starts <= at]
    if not below:
        assert found is None
        return
    wanted: Any = below[-1].terms
    active = sorted((pack for pack in packs if pack.starts <= at < pack.ends), key=lambda pack: (pack.starts, pack.id))
    for pack in active:
        wanted = laid_over(wanted, pack.terms)
    assert found is not None
    assert found.terms == wanted
    read = origin(found.name)
    assert read is not None
    assert (read.version_id, read.starts) == (below[-1].id, found.starts)
    assert list(read.packs) == [pack.id for pack in active]


@given(VERSIONS, PACKS, EDITS)
def test_the_chain_runs_on_and_every_piece_has_a_name_of_its_own(
    versions: tuple[Base, ...], packs: list[Pack], edits: dict[str, list[int]]
) -> None:
    chain = weave(versions, packs, edits)
    assert all(before.starts < after.starts for before, after in pairwise(chain))
    assert len({piece.name for piece in chain}) == len(chain)


@given(VERSIONS, EDITS)
def test_without_packs_the_chain_is_the_versions_and_the_edits_of_calendars_in_use(
    versions: tuple[Base, ...], edits: dict[str, list[int]]
) -> None:
    chain = weave(versions, [], edits)
    starts = {version.starts for version in versions}
    assert starts <= {piece.starts for piece in chain}
    assert all(
        piece.starts in edits["1"] and piece.terms["calendar"] == "1" for piece in chain if piece.starts not in starts
    )


def test_a_pack_improves_and_falls_back_to_the_version_that_came_in_between() -> None:
    first, second = (
        {"calendar": "1", "targets": {"P1": {"resolution": n}, "P2": {"resolution": 99}}} for n in (60, 40)
    )
    versions = [Base(1, 0, "pinned", first), Base(2, 20, "carry", second)]
    chain = weave(versions, [Pack(7, 10, 30, {"targets": {"P1": {"resolution": 5}}})], {})
    assert [(piece.name, piece.mode) for piece in chain] == [
        ("1@0", "pinned"),
        ("1@10+7", "improve"),
        ("2@20+7", "carry"),
        ("2@30", "pinned"),
    ]
    assert [piece.terms["targets"]["P1"]["resolution"] for piece in chain] == [60, 5, 5, 40]
    assert {piece.terms["targets"]["P2"]["resolution"] for piece in chain} == {99}


def test_a_pack_that_ended_before_it_began_changes_nothing() -> None:
    versions = [Base(1, 0, "pinned", {"calendar": "1", "targets": {}})]
    assert [piece.name for piece in weave(versions, [Pack(7, 10, 10, {"calendar": "2"})], {})] == ["1@0"]
