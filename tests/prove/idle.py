"""Filters that may go without anything changing that anybody is told or writes, known by how their statement stands."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator

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


def looked_up(filtered: ast.expr, column: ast.expr, function: ast.FunctionDef, house: Iterable[ast.Module]) -> bool:
    """Whether rows are put under the very column they are filtered by, and only ever looked up there.

    More rows are then more keys that nobody asks for: whoever looks up brings the tenant from elsewhere. A mapping that
    is handed on to a page or walked through is none of these. `house` is where the function may be called from.
    """
    above = _parents(function)
    rows = _rows(filtered, above)
    place = _place(rows, column)
    if place is None:
        return False
    kept = _kept_under(rows, place, function, above)
    if kept is None:
        return False
    if kept != "":
        uses = list(_uses(kept, function))
        returned = [use for use in uses if isinstance(above[use], ast.Return)]
        if not all(use in returned or _looks_up(use, above) for use in uses):
            return False
        if not returned:
            return True
    return _callers_look_up(function.name, house)


def asked_in(name: str, assignment: ast.Assign | ast.AnnAssign, module: ast.Module) -> Iterator[ast.FunctionDef]:
    """The functions that ask a statement of their module, with it written where its name stands.

    None of one that others may ask too: its name is not private, or something else is built from it.
    """
    functions = [each for each in ast.walk(module) if isinstance(each, ast.FunctionDef)]
    asking = [each for each in functions if any(_uses(name, each))]
    asked = {use for each in asking for use in _uses(name, each)}
    if name[0] == "_" and assignment.value is not None and asked == set(_uses(name, module)):
        for function in asking:
            yield _Written(name, assignment.value).visit(copy.deepcopy(function))


class _Written(ast.NodeTransformer):
    """Writes an expression wherever a name is read."""

    def __init__(self, name: str, expression: ast.expr) -> None:
        self.name, self.expression = name, expression

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.expression) if node.id == self.name and isinstance(node.ctx, ast.Load) else node


def _parents(function: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: parent for parent in ast.walk(function) for child in ast.iter_child_nodes(parent)}


def _rows(node: ast.AST, above: dict[ast.AST, ast.AST]) -> ast.Call | None:
    """The whole `select(...).where(...)` in whose `where` the filter stands itself, joined to others by a comma."""
    where = above.get(node)
    if not isinstance(where, ast.Call) or not isinstance(where.func, ast.Attribute) or where.func.attr != "where":
        return None
    chain: ast.Call = where
    while isinstance(dot := above.get(chain), ast.Attribute) and isinstance(call := above.get(dot), ast.Call):
        if dot.attr == "all":
            break
        chain = call
    return chain


def _place(chain: ast.Call | None, column: ast.expr) -> int | None:
    """Which of the columns that are asked for is the filtered one."""
    at: ast.expr | None = chain
    while isinstance(at, ast.Call) and isinstance(at.func, ast.Attribute):
        at = at.func.value
    if not isinstance(at, ast.Call) or not isinstance(at.func, ast.Name) or at.func.id != "select":
        return None
    asked = [ast.dump(each) for each in at.args]
    return asked.index(ast.dump(column)) if ast.dump(column) in asked else None


def _kept_under(
    rows: ast.AST | None, place: int, function: ast.FunctionDef, above: dict[ast.AST, ast.AST]
) -> str | None:
    """The name of the mapping that the rows are put into by that column, "" where it is returned at once."""
    while rows is not None:
        user = above.get(rows)
        if isinstance(user, ast.Assign) and isinstance(user.targets[0], ast.Name):
            uses = list(_uses(user.targets[0].id, function))
            rows = uses[0] if len(uses) == 1 else None
        elif isinstance(user, ast.comprehension):
            made = above[user]
            by = _names(made.key) if isinstance(made, ast.DictComp) and len(made.generators) == 1 else set()
            return _where_to(made, above) if _called(user.target, place) in by else None
        elif isinstance(user, ast.For) and rows is user.iter:
            return _filled_by(user, _called(user.target, place))
        elif isinstance(user, ast.Call) and isinstance(user.func, ast.Name) and user.func.id == "dict" and place == 0:
            return _where_to(user, above)
        elif (isinstance(user, ast.Call) and (rows is user.func or _hands_on(user))) or (
            isinstance(user, ast.Attribute) and user.attr == "all"
        ):
            rows = user
        else:
            return None
    return None


def _hands_on(call: ast.Call) -> bool:
    """Whether a call runs the statement it is given, or adds the tenants to it."""
    if isinstance(call.func, ast.Name):
        return call.func.id == "scoped"
    return isinstance(call.func, ast.Attribute) and call.func.attr in RUN


def _called(target: ast.expr, place: int) -> str:
    """What the column of a row is called where its rows are walked through."""
    named = target.elts[place] if isinstance(target, ast.Tuple) and place < len(target.elts) else None
    return named.id if isinstance(named, ast.Name) else ""


def _where_to(made: ast.AST, above: dict[ast.AST, ast.AST]) -> str | None:
    user = above[made]
    if isinstance(user, ast.Assign) and isinstance(user.targets[0], ast.Name):
        return user.targets[0].id
    return "" if isinstance(user, ast.Return) else None


def _filled_by(loop: ast.For, column: str) -> str | None:
    """The mapping that every statement of a loop writes into under the column."""
    into: set[str] = set()
    held: set[str] = set()
    for statement in loop.body:
        under = {
            each.value.id
            for each in ast.walk(statement)
            if isinstance(each, ast.Subscript) and isinstance(each.value, ast.Name) and column in _names(each.slice)
        }
        if under and isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            held.add(statement.targets[0].id)
        elif not under and not held & _written(statement):
            return None
        into |= under
    return into.pop() if len(into) == 1 else None


def _written(statement: ast.stmt) -> set[str]:
    """The names whose parts a statement writes."""
    wholes = statement.targets if isinstance(statement, ast.Assign) else [statement]
    return {name for whole in wholes for name in _names(whole)}


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _uses(name: str, function: ast.AST) -> Iterator[ast.Name]:
    """Where a name is read."""
    for each in ast.walk(function):
        if isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load):
            yield each


def _looks_up(use: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Whether a mapping is asked for one key: `use.get(...)`, `use[...]` or `... in use`."""
    user = above.get(use)
    if isinstance(user, ast.Attribute):
        return user.attr == "get" and isinstance(above.get(user), ast.Call)
    if isinstance(user, ast.Subscript):
        return user.value is use
    return isinstance(user, ast.Compare) and use in user.comparators and isinstance(user.ops[-1], ast.In)


def _callers_look_up(name: str, house: Iterable[ast.Module]) -> bool:
    """Whether whoever calls it looks up only what it answers; one that nobody calls by its name is not known."""
    found = False
    for module in house:
        for function in (each for each in ast.walk(module) if isinstance(each, ast.FunctionDef)):
            above = _parents(function)
            for call in (each for each in ast.walk(function) if isinstance(each, ast.Call)):
                if (call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")) != name:
                    continue
                found = True
                answer = _answer_of(call, above)
                if not _looks_up(call, above) and not (
                    answer and all(_looks_up(use, above) for use in _uses(answer, function))
                ):
                    return False
    return found


def _answer_of(call: ast.Call, above: dict[ast.AST, ast.AST]) -> str:
    """The name that a call's answer is given, also one of several in a row."""
    user = above.get(call)
    if isinstance(user, ast.Tuple) and isinstance(given := above.get(user), ast.Assign):
        names = given.targets[0].elts if isinstance(given.targets[0], ast.Tuple) else []
        named = names[user.elts.index(call)] if len(names) == len(user.elts) else None
        return named.id if isinstance(named, ast.Name) else ""
    if isinstance(user, ast.Assign) and isinstance(user.targets[0], ast.Name):
        return user.targets[0].id
    return ""
