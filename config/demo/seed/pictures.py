"""A picture in the demo's library, drawn here: the quay that the clinic's street is named after."""

import io
from datetime import datetime

from PIL import Image, ImageDraw

from accounts.models import User
from newsletter.content.pictures import services
from newsletter.content.pictures.models import Picture

SIZE = (1200, 640)
SHARPER = 2
SKY, SUN, FAR, NEAR, WATER, LIGHT = "#F3E9DD", "#D97B5F", "#A9C0B4", "#6F9079", "#17505A", "#2D7682"
HOUSES = ((140, 330, "#FBF8F3"), (270, 290, "#E9D9C6"), (400, 340, "#FBF8F3"))


def hang(*, by: User, at: datetime) -> Picture:
    """Put the quay into the library, and say what it shows."""
    written = io.BytesIO()
    _quay().save(written, "PNG")
    picture = services.add(written.getvalue(), filename="The quay.png", by=by, now=at).picture
    alt = "Three small houses on a quay in the morning, the sun coming up behind a hill."
    return services.describe(picture, label="The quay in the morning", alt=alt, is_decorative=False, by=by)


def _quay() -> Image.Image:
    drawn = Image.new("RGB", (SIZE[0] * SHARPER, SIZE[1] * SHARPER), SKY)
    pen = ImageDraw.Draw(drawn)

    def scaled(*places: float) -> list[float]:
        return [place * SHARPER for place in places]

    pen.ellipse(scaled(820, 190, 960, 330), fill=SUN)
    pen.ellipse(scaled(560, 290, 1500, 760), fill=FAR)
    pen.ellipse(scaled(-420, 330, 760, 900), fill=NEAR)
    pen.rectangle(scaled(0, 450, *SIZE), fill=WATER)
    for left, top, colour in HOUSES:
        pen.rectangle(scaled(left, top + 60, left + 100, 450), fill=colour)
        pen.polygon(scaled(left - 10, top + 60, left + 50, top, left + 110, top + 60), fill=SUN)
        pen.rectangle(scaled(left + 38, 405, left + 62, 450), fill=WATER)
    pen.rectangle(scaled(80, 446, 560, 460), fill="#E9D9C6")
    for line in range(5):
        pen.rectangle(scaled(700 + 24 * line, 485 + 26 * line, 1080 - 24 * line, 491 + 26 * line), fill=LIGHT)
    return drawn.resize(SIZE, Image.Resampling.LANCZOS)
