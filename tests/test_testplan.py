"""docs/testplan.md against docs/protocol.md and the tests: no rule without a test, no test that is not there."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RULES = re.findall(r"^\| (R\d+) \|", (ROOT / "docs/protocol.md").read_text(), re.MULTILINE)
PLAN = {
    rule: re.findall(r"`([^`]+)`", tests)
    for rule, tests in re.findall(r"^\| (R\d+) \| (.*) \|$", (ROOT / "docs/testplan.md").read_text(), re.MULTILINE)
}


def exists(test):
    """Whether ``module.test_function`` is a function, or ``bench_module: a case`` a case of that bench."""
    module, _, case = test.partition(": ")
    if case:
        text = (ROOT / "tests" / f"{module}.py").read_text()
        # A case whose name has a number in it is written as an f-string.
        return any(part.strip() and f'"{part}' in text for part in (case, re.split(r"\d", case)[0]))
    module, _, function = test.partition(".")
    path = ROOT / "tests" / f"{module}.py"
    tree = ast.parse(path.read_text()) if path.exists() else ast.Module([], [])
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body)


def test_every_rule_is_numbered_once():
    assert RULES
    assert len(RULES) == len(set(RULES))


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_a_test(rule):
    assert PLAN.get(rule), f"docs/testplan.md must name a test for {rule}"


@pytest.mark.parametrize(("rule", "test"), [(rule, test) for rule, tests in PLAN.items() for test in tests])
def test_test_of_the_plan_is_there(rule, test):
    assert rule in RULES, f"docs/testplan.md has {rule}, which docs/protocol.md has not"
    assert exists(test), f"docs/testplan.md names {test} for {rule}, which is not there"


@pytest.mark.parametrize("wrong", ["test_line.test_nothing", "test_nothing.test_line", "bench_receiver: nothing"])
def test_a_test_that_is_gone_is_noticed(wrong):
    assert not exists(wrong)


def planted(bench):
    """Names of the bugs that were planted for a bench; a table may have one for each of its designs."""
    tables = [table for name, table in vars(bench).items() if name.startswith("PLANTED")]
    return [
        name
        for table in tables
        for key, value in table.items()
        for name in (value if isinstance(value, dict) else [key])
    ]


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "tests").glob("bench_*.py")))
def test_docstring_of_a_bench_names_the_bugs_that_were_planted(name):
    bench = importlib.import_module(f"tests.{name}")
    words = " ".join(bench.__doc__.split())
    assert [bug for bug in planted(bench) if bug not in words] == []
