"""The block document that staff edit: its schema, what is wrong with one in words that name the block, its words."""

from newsletter.content.blocks.checks import line_problems, validate
from newsletter.content.blocks.cleaning import clean
from newsletter.content.blocks.places import place
from newsletter.content.blocks.reach import Condition, condition, reaches
from newsletter.content.blocks.schema import (
    KINDS,
    LONGEST_DOCUMENT,
    LONGEST_LINE,
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    MOST_BLOCKS,
    VERSION,
    Allowed,
    Block,
    Document,
    Form,
    allowed,
    empty,
    kind_of,
)
from newsletter.content.blocks.shape import shape_problems
from newsletter.content.blocks.wording import Said, texts, words
from newsletter.content.problems import Problem

__all__ = [
    "KINDS",
    "LONGEST_DOCUMENT",
    "LONGEST_LINE",
    "LONGEST_SUBJECT",
    "LONGEST_TEXT",
    "MOST_BLOCKS",
    "VERSION",
    "Allowed",
    "Block",
    "Condition",
    "Document",
    "Form",
    "Problem",
    "Said",
    "allowed",
    "clean",
    "condition",
    "empty",
    "kind_of",
    "line_problems",
    "place",
    "reaches",
    "shape_problems",
    "texts",
    "validate",
    "words",
]
