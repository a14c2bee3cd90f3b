"""Files as staff would upload them, good ones and bad ones, made here and now."""

import io
import random
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, ImageDraw

Colour = tuple[int, ...]
CLAY: Colour = (181, 72, 47)


def photo(width: int = 1600, height: int = 1000) -> Image.Image:
    """No two neighbours alike, as in a photo."""
    return Image.effect_noise((width, height), 60).convert("RGB")


def drawing(width: int = 400, height: int = 200, *, mode: str = "RGB", ground: Colour = (255, 255, 255)) -> Image.Image:
    """A few flat colours, as in a logo; red on the left."""
    picture = Image.new(mode, (width, height), ground)
    ImageDraw.Draw(picture).rectangle((0, 0, width // 2 - 1, height), fill=CLAY + (255,) * (mode == "RGBA"))
    return picture


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def pixel(picture: Image.Image, x: int, y: int) -> Colour:
    found = picture.getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def animation(frames: int, width: int = 40, height: int = 30) -> bytes:
    drawn = [Image.new("RGB", (width, height), (n * 7 % 256, n * 13 % 256, 90)) for n in range(frames)]
    return saved(drawn[0], "GIF", save_all=True, append_images=drawn[1:], duration=80, loop=0)


def with_exif(picture: Image.Image, *, orientation: int = 1) -> bytes:
    """As a phone writes it: turned, and with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (43.0, 38.0, 33.0), 3: "W", 4: (79.0, 22.0, 48.0)})
    return saved(picture, "JPEG", exif=exif.tobytes(), comment=b"secret comment")


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it has this many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def another_profile() -> bytes:
    """A colour profile that is not sRGB's."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def with_red_and_green_swapped() -> bytes:
    """A profile in which what sRGB calls red is green, and the other way round."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    places = {}
    for tag in range(int.from_bytes(profile[128:132])):
        name, start, length = struct.unpack_from(">4sII", profile, 132 + 12 * tag)
        places[name] = slice(start, start + length)
    red, green = bytes(profile[places[b"rXYZ"]]), bytes(profile[places[b"gXYZ"]])
    profile[places[b"rXYZ"]], profile[places[b"gXYZ"]] = green, red
    return bytes(profile)


def endless(times: int) -> bytes:
    """A progressive JPEG whose last pass over the picture comes this many times."""
    whole = saved(drawing(64, 64), "JPEG", progressive=True)
    last, end = whole.rindex(b"\xff\xda"), whole.rindex(b"\xff\xd9")
    return whole[:end] + whole[last:end] * times + whole[end:]


def outgrown() -> bytes:
    """An animation whose second frame reaches beyond the picture."""
    whole = bytearray(animation(2, 40, 30))
    frame = whole.rindex(b"\x2c\0\0\0\0")
    whole[frame + 5 : frame + 9] = struct.pack("<HH", 4000, 3000)
    return bytes(whole)


def sixteen_bits_with_a_transparent_one() -> bytes:
    """A grey PNG of sixteen bits a pixel, in which one grey stands for nothing."""
    header = struct.pack(">IIBBBBB", 2, 1, 16, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" + struct.pack(">HH", 32768, 1000))
    parts = [(b"IHDR", header), (b"tRNS", struct.pack(">H", 1000)), (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def with_a_film(picture: Image.Image, megabytes: int = 4) -> bytes:
    """As some phones keep a photo: the seconds before it hang behind it, whatever bytes they are."""
    return saved(picture, "JPEG") + random.Random(7).randbytes(megabytes * 2**20)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
