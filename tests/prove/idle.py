"""Filters that may go without anything changing that anybody is told or writes, known by how their statement stands."""

from __future__ import annotations

import ast

RUN = frozenset({"execute", "scalar", "scalars"})
LOCKS = "with_for_update"


def only_locks(statement: ast.AST) -> bool:
    """Whether a statement of the house locks rows and looks at none: others would wait, and see nothing.

    So stands `session.execute(select(...).where(...).with_for_update())` by itself, with nothing asked of its answer.
    """
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    run = statement.value.func
    named = {each.attr for each in ast.walk(statement) if isinstance(each, ast.Attribute)}
    return isinstance(run, ast.Attribute) and run.attr in RUN and LOCKS in named
