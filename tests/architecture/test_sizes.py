"""Small pieces, measured."""

from pathlib import Path
from statistics import median, quantiles

from tests.architecture import tree

LONGEST_FUNCTION, USUAL_FUNCTION, LONG_FUNCTION = 40, 8, 20
LONGEST_MODULE, USUAL_MODULE, LONGEST_TEST_MODULE = 300, 80, 400


def lengths_of_functions() -> dict[str, int]:
    return {
        f"{tree.name(path)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in tree.modules()
        for node in tree.functions(path)
    }


def length(path: Path) -> int:
    return len(path.read_text().splitlines())


def too_long(lengths: dict[str, int], most: int) -> dict[str, int]:
    return {name: lines for name, lines in lengths.items() if lines > most}


def test_no_function_is_long() -> None:
    assert too_long(lengths_of_functions(), LONGEST_FUNCTION) == {}


def test_functions_are_short_as_a_rule() -> None:
    lengths = sorted(lengths_of_functions().values())

    assert median(lengths) <= USUAL_FUNCTION
    assert quantiles(lengths, n=10)[-1] <= LONG_FUNCTION


def test_no_module_is_long() -> None:
    assert too_long({tree.name(path): length(path) for path in tree.modules()}, LONGEST_MODULE) == {}


def test_modules_are_short_as_a_rule() -> None:
    assert median(length(path) for path in tree.modules()) <= USUAL_MODULE


def test_no_test_module_is_long() -> None:
    assert too_long({tree.name(path): length(path) for path in tree.modules_of_tests()}, LONGEST_TEST_MODULE) == {}
