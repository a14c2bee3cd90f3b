"""The drawings that an email can show: our own files, at twice the size they are shown in.

Their addresses carry no hash, so that a mail from years ago still finds them.
"""

from typing import NamedTuple


class Picture(NamedTuple):
    file: str
    width: int
    height: int


PICTURES = {
    "nerve-map": Picture("email/art/nerve-map.png", 552, 552),
    "trigger-points": Picture("email/art/trigger-points.png", 552, 414),
}
