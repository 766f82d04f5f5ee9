"""Finds lines that Python takes and that make no hardware: the slips of one who knows Python and no Amaranth."""

import ast
from pathlib import Path

__all__ = ["without_effect"]

BLOCKS = ("If", "Elif", "Else", "Switch", "Case", "Default", "FSM", "State")
"""What wants a ``with``."""


def without_effect(path):
    """What each such line is, in the order of the file; empty if the file cannot be read."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        methods = {node.name: node for node in owner.body if isinstance(node, ast.FunctionDef)}
        if "elaborate" in methods:
            members = _members(owner, methods.get("__init__"))
            for name, method in methods.items():
                if name != "__init__":
                    found += _in_method(method, members)
    return [f"line {line} {words}" for line, words in sorted(set(found))]


def _members(owner, constructor):
    """Names that stand in dictionaries of the constructor, or have an annotation in the class."""
    named = {node.target.id for node in owner.body if isinstance(node, ast.AnnAssign) and hasattr(node.target, "id")}
    for node in ast.walk(constructor) if constructor else ():
        if isinstance(node, ast.Dict):
            named |= {key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return named


def _in_method(method, members):
    signals = {
        node.targets[0].id
        for node in ast.walk(method)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _called(node.value) == "Signal"
    }
    inside = {part for node in ast.walk(method) if isinstance(node, ast.With) and _is_block(node.items[0].context_expr)
              for part in ast.walk(node)}  # fmt: skip
    for node in ast.walk(method):
        words = ""
        if isinstance(node, ast.Expr):
            words = _of_an_expression(node.value)
        elif isinstance(node, ast.Assign | ast.AugAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            words = _of_an_assignment(node, target, members, signals if node in inside else ())
        if words:
            yield node.lineno, words


def _of_an_expression(value):
    text = _short(value)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "eq":
        return f"does nothing: it must be m.d.sync += {text}, or m.d.comb += {text}"
    if _is_block(value):
        return f"does nothing: it must be with {text}:, and what depends on it stands below, further in"
    if isinstance(value, ast.Compare):
        return f"does nothing: {text} compares; m.d.sync += ... .eq(...) or m.d.comb += ... .eq(...) drives"
    return ""


def _of_an_assignment(node, target, members, signals):
    if isinstance(target, ast.Name) and target.id == "next" and isinstance(getattr(node, "value", None), ast.Constant):
        return "changes no state: it must be m.next = ..., and next alone is a name of Python's"
    if _root(target) in members:
        return (
            f"gives a name in Python and drives nothing: it must be m.d.comb += {_short(target)}.eq(...), or m.d.sync"
        )
    again = isinstance(node, ast.AugAssign) or any(
        isinstance(part, ast.Name) and part.id == getattr(target, "id", None) for part in ast.walk(node.value)
    )
    if isinstance(target, ast.Name) and target.id in signals and again:
        return f"drives nothing, = and += are Python's: it must be m.d.sync += {target.id}.eq(...)"
    return ""


def _root(target):
    """``bytes`` of ``self.bytes.valid``; for what is no part of ``self``, ``None``."""
    while isinstance(target, ast.Attribute):
        if isinstance(target.value, ast.Name) and target.value.id == "self":
            return target.attr
        target = target.value
    return None


def _is_block(value):
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in BLOCKS


def _called(value):
    return value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else None


def _short(node):
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:56]} ..."
