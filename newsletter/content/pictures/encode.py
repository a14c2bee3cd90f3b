"""From whatever staff upload to a picture that every mail program shows. Pure: bytes in, bytes out.

What comes out is drawn anew, pixel by pixel: nothing else of the file survives, neither the place where a photo
was taken nor what was hidden behind it. How large a picture is, is known before a single pixel is decoded, and
one picture is decoded at a time, so that no upload can take the memory that the site lives on.
"""

import hashlib
import io
import struct
import threading
import zlib
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from newsletter.content.pictures.unfit import Unfit, refuse_endless_ones, refuse_other_kinds

LARGEST_FILE = 20 * 1024 * 1024
MOST_PIXELS = {"JPEG": 64_000_000, "MPO": 64_000_000}
MOST_PIXELS_OTHERWISE = 25_000_000
LONGEST_SIDE = 1200
KINDS = ("JPEG", "PNG", "WEBP", "GIF")
MOVING = {"PNG", "WEBP", "GIF"}
LOSSLESS = {"PNG", "GIF"}
QUALITY = 84
PNG_IS_WELCOME = 150_000
PNG_IS_HEAVY = 600_000
MOST_FRAMES, MOST_FRAME_PIXELS, MOVING_SIDE, MOVING_BYTES = 60, 12_000_000, 600, 400_000
LARGEST_PROFILE = 4_000_000

UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What the decoders raise on files that are broken, on purpose or not."""
TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)

_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Encoded:
    """A file that is fit for mail, and its size in pixels; `is_stilled` if it moved and does no longer."""

    content: bytes
    extension: str
    width: int
    height: int
    is_stilled: bool = False

    @property
    def name(self) -> str:
        """Made of what the file holds: the same picture has the same name, and no name ever holds another picture."""
        return f"{hashlib.sha256(self.content).hexdigest()[:24]}.{self.extension}"


def encode(content: bytes) -> Encoded:
    """Draw the picture anew for mail; raises Unfit, with what the person who uploaded it can do."""
    if not content:
        raise Unfit(_("The file is empty."))
    if len(content) > LARGEST_FILE:
        raise Unfit(_("The file is larger than %(most)d MB. Save it smaller.") % {"most": LARGEST_FILE // 2**20})
    refuse_other_kinds(content)
    refuse_endless_ones(content)
    with _one_at_a_time:
        return _encoded(content)


def _encoded(content: bytes) -> Encoded:
    try:
        with Image.open(io.BytesIO(content), formats=KINDS) as picture:
            _check_pixels(picture)
            if picture.format in MOVING and getattr(picture, "is_animated", False):
                return _moving(picture) or replace(_still(picture), is_stilled=True)
            return _still(picture)
    except Unfit:
        raise
    except TOO_LARGE:
        raise _too_many_pixels(0) from None
    except UnidentifiedImageError:
        raise Unfit(_("This is no picture that can be read. Save it as JPEG or PNG and try again.")) from None
    except UNREADABLE:
        raise Unfit(_("The picture is damaged, or not all of it arrived. Open it, save it anew, try again.")) from None


def _check_pixels(picture: Image.Image) -> None:
    pixels = picture.width * picture.height
    if pixels > MOST_PIXELS.get(picture.format or "", MOST_PIXELS_OTHERWISE):
        raise _too_many_pixels(pixels)


def _too_many_pixels(pixels: int) -> Unfit:
    if not pixels:
        return Unfit(_("The picture has far too many pixels. Save it with 1,200 pixels on its long side."))
    return Unfit(
        _("The picture has %(millions)d million pixels. Save it with 1,200 on its long side.")
        % {"millions": pixels // 1_000_000}
    )


def _still(picture: Image.Image) -> Encoded:
    """One frame: the first of an animation."""
    kind = picture.format
    drawn = _drawn(picture)
    if drawn.mode == "RGBA":
        content, extension = _png(drawn), "png"
    else:
        content, extension = _smaller(drawn) if kind in LOSSLESS else (_jpeg(drawn), "jpg")
    return Encoded(content, extension, drawn.width, drawn.height)


def _drawn(picture: Image.Image) -> Image.Image:
    """The pixels alone: upright, in sRGB, eight bits a channel, no larger than mail needs; RGBA or RGB."""
    profile = picture.info.get("icc_profile")
    picture = _plain_mode(picture)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    picture = _in_srgb(_upright(picture), profile)
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    if clean.mode == "RGBA" and clean.getchannel("A").getextrema() == (255, 255):
        return clean.convert("RGB")
    return clean


def _plain_mode(picture: Image.Image) -> Image.Image:
    """A mode that can be resized well. Sixteen bits of grey become eight, and nothing of it stays transparent."""
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture.convert("RGB") if picture.mode in {"P", "1", "F"} else picture


def _upright(picture: Image.Image) -> Image.Image:
    """As the camera was held; what cannot be read of that leaves the picture as it lies."""
    try:
        return ImageOps.exif_transpose(picture) or picture
    except UNREADABLE:
        return picture


def _in_srgb(picture: Image.Image, profile: object) -> Image.Image:
    """With the colours that a mail program will show; a profile that makes no sense is passed over."""
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    colours = picture if alpha is None else picture.convert("RGB")
    if isinstance(profile, bytes) and 0 < len(profile) <= LARGEST_PROFILE:
        try:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            ours = ImageCms.createProfile("sRGB")
            colours = ImageCms.profileToProfile(colours, theirs, ours, outputMode="RGB") or colours
        except (ImageCms.PyCMSError, *UNREADABLE):
            colours = picture.convert("RGB")
    colours = colours.convert("RGB")
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def _smaller(drawn: Image.Image) -> tuple[bytes, str]:
    """Drawings stay sharp as PNG; a photo that came as PNG becomes a JPEG."""
    png = _png(drawn)
    jpeg = _jpeg(drawn)
    return (png, "png") if len(png) <= max(len(jpeg), PNG_IS_WELCOME) else (jpeg, "jpg")


def _jpeg(drawn: Image.Image) -> bytes:
    written = io.BytesIO()
    drawn.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return written.getvalue()


def _png(drawn: Image.Image) -> bytes:
    """In full colour, or with 256 of them where that would be heavy."""
    written = io.BytesIO()
    drawn.save(written, "PNG", optimize=True)
    if drawn.mode == "RGBA" and written.tell() > PNG_IS_HEAVY:
        written = io.BytesIO()
        drawn.quantize(256, method=Image.Quantize.FASTOCTREE).save(written, "PNG", optimize=True)
    return written.getvalue()


def _moving(picture: Image.Image) -> Encoded | None:
    """A small animation, frame by frame; None for one that is better off standing still."""
    if picture.format != "GIF":
        return None
    most = min(MOST_FRAMES, MOST_FRAME_PIXELS // (picture.width * picture.height))
    drawn, durations = _frames(picture, most)
    picture.seek(0)
    if len(drawn) > most:
        return None
    written = io.BytesIO()
    drawn[0].save(
        written, "GIF", save_all=True, append_images=drawn[1:], duration=durations, loop=0, disposal=2, optimize=True
    )
    if written.tell() > MOVING_BYTES:
        return None
    return Encoded(written.getvalue(), "gif", *drawn[0].size)


def _frames(picture: Image.Image, most: int) -> tuple[list[Image.Image], list[int]]:
    """The frames, small enough for mail, with how long each stands; of more than these one more, and no others."""
    drawn, durations, size = [], [], picture.size
    for number in range(most + 1):
        try:
            picture.seek(number)
        except EOFError:
            break
        if picture.size != size:
            raise ValueError("A frame is larger than the picture.")
        durations.append(max(20, int(picture.info.get("duration", 100))))
        frame = picture.convert("RGBA")
        frame.thumbnail((MOVING_SIDE, MOVING_SIDE), Image.Resampling.LANCZOS)
        frame.info.clear()
        drawn.append(frame)
    return drawn, durations
