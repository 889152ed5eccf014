"""Which modules a function's code can reach, those included that it imports only when it needs them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ROOTS = {"greenroom": ROOT / "layers", "functions": ROOT}


@dataclass(frozen=True, slots=True)
class Import:
    """One import: a module, and the names that are taken out of it; none for the module itself."""

    module: str
    names: tuple[str, ...] = ()

    @property
    def top(self) -> str:
        """The package that it begins in."""
        return self.module.partition(".")[0]

    @property
    def statement(self) -> str:
        """What imports it again."""
        if self.names:
            return f"from {self.module} import {', '.join(self.names)}"
        return f"import {self.module}"


@dataclass(frozen=True, slots=True)
class Reach:
    """Modules of ours, and what they import of others."""

    ours: frozenset[str]
    others: frozenset[Import]


def reach(function: str) -> Reach:
    """Return what a function's handler can reach; imports for type checkers alone do not count."""
    waiting, ours, others = [f"functions.{function}.main"], set[str](), set[Import]()
    while waiting:
        module = waiting.pop()
        if module in ours:
            continue
        ours.add(module)
        waiting += [parent for parent in (module.rpartition(".")[0],) if _source(parent)]
        for each in _imports(module):
            inner = [f"{each.module}.{name}" for name in each.names]
            found = [name for name in (each.module, *inner) if _source(name)]
            waiting += found
            if not found:
                others.add(each)
    return Reach(frozenset(ours), frozenset(others))


@cache
def _source(module: str) -> Path | None:
    root = _ROOTS.get(module.partition(".")[0])
    if root is None:
        return None
    path = root.joinpath(*module.split("."))
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((each for each in candidates if each.is_file()), None)


@cache
def _imports(module: str) -> tuple[Import, ...]:
    source = _source(module)
    assert source is not None, module
    package = module if source.name == "__init__.py" else module.rpartition(".")[0]
    return tuple(_told(ast.parse(source.read_text("utf-8")), package))


def _told(tree: ast.AST, package: str) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for other in node.orelse:
                yield from _told(other, package)
        elif isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            yield Import(".".join([*above, *filter(None, [node.module])]), tuple(a.name for a in node.names))
        else:
            yield from _told(node, package)
