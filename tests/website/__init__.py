"""Tests of what visitors see."""


def templates(answer) -> str:
    """The name of the page that an answer shows."""
    return next(template.name for template in answer.templates if template.name)
