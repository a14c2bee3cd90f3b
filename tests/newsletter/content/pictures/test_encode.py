"""What becomes of an upload, read from the finished file; and what is refused, in words that help."""

import io
import random

import pytest
from PIL import Image

from newsletter.content.pictures.encode import LARGEST_FILE, encode
from newsletter.content.pictures.unfit import Unfit
from tests.newsletter.content.pictures import files

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def why(content: bytes) -> str:
    with pytest.raises(Unfit) as refused:
        encode(content)
    return str(refused.value)


def test_a_photo_becomes_a_jpeg_of_at_most_1200_pixels() -> None:
    made = encode(files.saved(files.photo(3000, 2000), "JPEG"))

    picture = files.opened(made.content)
    assert (picture.format, picture.size, (made.width, made.height)) == ("JPEG", (1200, 800), (1200, 800))


def test_a_small_picture_is_not_made_larger() -> None:
    made = encode(files.saved(files.drawing(90, 40), "PNG"))

    assert (made.width, made.height) == (90, 40)


def test_a_tall_picture_is_measured_by_its_height() -> None:
    made = encode(files.saved(files.photo(500, 2400), "WEBP"))

    assert (made.extension, made.width, made.height) == ("jpg", 250, 1200)


def test_a_drawing_stays_sharp() -> None:
    made = encode(files.saved(files.drawing(), "PNG"))

    assert made.extension == "png"
    assert files.opened(made.content).convert("RGB").getpixel((10, 10)) == files.CLAY


def test_a_photo_that_came_as_png_becomes_a_jpeg() -> None:
    assert encode(files.saved(files.photo(900, 700), "PNG")).extension == "jpg"


def test_what_is_transparent_stays_transparent() -> None:
    made = encode(files.saved(files.drawing(mode="RGBA", ground=(0, 0, 0, 0)), "PNG"))

    picture = files.opened(made.content)
    assert (picture.format, picture.mode) == ("PNG", "RGBA")
    assert [picture.getpixel(place) for place in ((10, 10), (390, 10))] == [(*files.CLAY, 255), (0, 0, 0, 0)]


def test_a_transparent_colour_of_a_gif_stays_transparent() -> None:
    palette = files.drawing().quantize(8)
    made = encode(files.saved(palette, "GIF", transparency=palette.getpixel((390, 10))))

    assert files.pixel(files.opened(made.content).convert("RGBA"), 390, 10)[3] == 0


def test_a_photo_stands_as_the_camera_was_held() -> None:
    made = encode(files.with_exif(files.drawing(400, 200), orientation=6))

    picture = files.opened(made.content).convert("RGB")
    assert picture.size == (200, 400)
    assert files.pixel(picture, 100, 20)[0] > 150
    assert min(files.pixel(picture, 100, 380)) > 240


def test_nothing_that_the_camera_noted_goes_along() -> None:
    made = encode(files.with_exif(files.photo(300, 200)))

    picture = files.opened(made.content)
    assert (dict(picture.getexif()), picture.info.keys() & {"exif", "icc_profile", "comment", "xmp"}) == ({}, set())
    assert b"Secret" not in made.content
    assert b"secret" not in made.content


def test_notes_inside_a_png_do_not_go_along() -> None:
    content = files.saved(files.drawing(), "PNG", icc_profile=files.another_profile(), dpi=(300, 300))

    assert files.opened(encode(content).content).info == {}


def test_colours_are_shown_as_the_files_profile_means_them() -> None:
    content = files.saved(files.drawing(), "PNG", icc_profile=files.with_red_and_green_swapped())

    red, green, _blue = files.pixel(files.opened(encode(content).content).convert("RGB"), 10, 10)
    assert green > red


def test_a_printers_colours_become_a_screens() -> None:
    made = encode(files.saved(files.drawing().convert("CMYK"), "JPEG", icc_profile=b"nonsense"))

    assert files.opened(made.content).mode == "RGB"


def test_sixteen_bits_become_eight() -> None:
    grey = Image.new("I;16", (60, 40), 32768)

    assert files.opened(encode(files.saved(grey, "PNG")).content).convert("L").getpixel((5, 5)) == 128


def test_a_small_animation_goes_on_moving() -> None:
    made = encode(files.animation(12))

    assert (made.extension, getattr(files.opened(made.content), "n_frames", 1)) == ("gif", 12)
    assert not made.is_stilled


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_what_moves_in_another_way_is_stilled_and_says_so(kind: str) -> None:
    frames = [files.drawing(60, 40), files.drawing(60, 40, ground=(0, 0, 0))]
    content = files.saved(frames[0], kind, save_all=True, append_images=frames[1:])

    assert encode(content).is_stilled


def test_a_photo_with_a_film_behind_it_is_a_photo() -> None:
    assert encode(files.with_a_film(files.photo(300, 200))).extension == "jpg"


def test_a_picture_that_is_gone_over_a_dozen_times_is_as_good_as_any() -> None:
    assert encode(files.endless(5)).extension == "jpg"


def test_what_the_file_is_called_says_nothing_of_what_it_is() -> None:
    kinds = [encode(files.saved(files.photo(300, 200), kind)).extension for kind in ("JPEG", "PNG", "WEBP")]

    assert kinds == ["jpg", "jpg", "jpg"]


def test_a_grey_that_stands_for_nothing_costs_no_picture() -> None:
    picture = files.opened(encode(files.sixteen_bits_with_a_transparent_one()).content).convert("L")

    assert picture.getpixel((0, 0)) == 128


def test_a_printers_photo_stands_upright_and_says_nothing_of_where() -> None:
    made = encode(files.with_exif(files.drawing(400, 200).convert("CMYK"), orientation=6))

    picture = files.opened(made.content)
    assert (picture.mode, picture.size, dict(picture.getexif())) == ("RGB", (200, 400), {})
    assert b"Secret" not in made.content


@pytest.mark.parametrize("content", [files.animation(1000), files.animation(40, 900, 700)], ids=["long", "large"])
def test_any_other_animation_is_its_first_frame_and_says_so(content: bytes) -> None:
    made = encode(content)

    assert (made.extension, made.is_stilled) == ("png", True)
    assert files.opened(made.content).convert("RGB").getpixel((0, 0)) == (0, 0, 90)


def test_the_name_says_what_the_file_holds() -> None:
    names = [encode(files.saved(files.drawing(width), "PNG")).name for width in (300, 300, 301)]

    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty."),
        (b"\0" * (LARGEST_FILE + 1), "larger than 20 MB"),
        (b"Dear Dana, here is the picture", "no picture that can be read"),
        (SVG, "SVG"),
        (b"\xef\xbb\xbf  <svg onload=alert(1)>", "SVG"),
        (b"<html><script>alert(1)</script>", "SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"%PDF-1.7", "PDF"),
        (b"BM" + b"\0" * 60, "JPEG or PNG"),
        (b"\x89PNG\r\n\x1a\n", "no picture that can be read"),
        (files.saved(files.photo(600, 400), "JPEG")[:9000], "damaged"),
        (files.saved(files.photo(600, 400), "PNG")[:9000], "damaged"),
        (files.bomb(60_000, 60_000), "far too many pixels"),
        (files.bomb(8_000, 5_000), "40 million pixels"),
        (files.bomb(2_000, 2_000), "damaged"),
        (b"\0" * 40 * 2**20, "larger than 20 MB"),
        (files.endless(3_000), "far too many layers"),
        (b"\xff\xd8" + b"\xff\xfe\0\2" * 100_000, "far too many layers"),
        (files.outgrown(), "damaged"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "film"),
        (b"PK\x03\x04 word/document.xml", "document"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words_that_help(content: bytes, says: str) -> None:
    assert says in why(content)


def test_a_file_that_is_two_things_at_once_comes_out_as_one() -> None:
    """A page, a script and an archive behind a picture, or in its comment, are gone."""
    hidden = b"<html><script>alert(1)</script>PK\x03\x04"
    jpeg = files.saved(files.photo(300, 200), "JPEG", comment=hidden) + hidden
    gif = files.saved(files.drawing().quantize(8), "GIF", comment=hidden) + hidden

    assert [mark in encode(content).content for content in (jpeg, gif) for mark in (b"script", b"PK\x03\x04")] == [
        False
    ] * 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_no_damage_is_more_than_a_refusal(kind: str) -> None:
    """A hundred files with bytes changed and ends cut off: each becomes a picture or is refused."""
    chance = random.Random(kind)
    whole = files.saved(files.drawing(60, 40), kind) if kind != "GIF" else files.animation(3)
    endings = set()
    for _attempt in range(100):
        broken = bytearray(whole[: chance.randint(len(whole) // 2, len(whole))])
        for _byte in range(chance.randint(1, 12)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        endings.add(_ending(bytes(broken)))

    assert endings <= {"picture", "refused"}
    assert "refused" in endings


def _ending(content: bytes) -> str:
    try:
        made = encode(content)
    except Unfit:
        return "refused"
    Image.open(io.BytesIO(made.content)).load()
    return "picture"
