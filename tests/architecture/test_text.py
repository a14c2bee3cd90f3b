"""What the project's text may not say."""

import re

from tests.architecture import tree

TEXT = (".py", ".md", ".toml", ".yml", ".yaml", ".html", ".txt", ".in", ".sh", ".css", ".js", "Makefile", "Dockerfile")
PLACES = re.compile("|".join(("/" + "work/", "/" + r"root/\w", "/" + r"home/\w+/", r"\bissue #?" + r"\d")))
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)


def lines_with(pattern: re.Pattern[str], *suffixes: str, below: str = "") -> set[str]:
    return {
        f"{tree.name(path)}:{number}"
        for path in tree.files(*suffixes)
        if tree.name(path).startswith(below)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    }


def test_it_names_no_place_on_anybodys_machine_and_no_ticket() -> None:
    assert lines_with(PLACES, *TEXT) == set()


def test_pages_carry_no_script_and_no_style_of_their_own() -> None:
    assert lines_with(INLINE, ".html", below="templates/website") == set()
    assert lines_with(INLINE, ".html", below="templates/studio") == set()
