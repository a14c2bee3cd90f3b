"""The faces that an email can be set in: stacks of what mail programs have, nothing that would have to be fetched."""

from dataclasses import dataclass

from clinic.models import Font


@dataclass(frozen=True)
class Faces:
    """CSS font stacks, for the text and for headings."""

    text: str
    heading: str


PLAIN = '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
GEORGIA = 'Georgia, "Times New Roman", serif'
ARIAL = "Arial, Helvetica, sans-serif"
VERDANA = "Verdana, Geneva, sans-serif"
TREBUCHET = '"Trebuchet MS", "Lucida Grande", Tahoma, sans-serif'

FACES: dict[str, Faces] = {
    Font.HOUSE: Faces(PLAIN, GEORGIA),
    Font.PLAIN: Faces(PLAIN, PLAIN),
    Font.GEORGIA: Faces(GEORGIA, GEORGIA),
    Font.ARIAL: Faces(ARIAL, ARIAL),
    Font.VERDANA: Faces(VERDANA, VERDANA),
    Font.TREBUCHET: Faces(TREBUCHET, TREBUCHET),
}


def faces(font: str) -> Faces:
    """The stacks of this choice; of the house's own for what was never one."""
    return FACES.get(font, FACES[Font.HOUSE])
