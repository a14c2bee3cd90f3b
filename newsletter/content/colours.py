"""Colours of an email: the house palette, the clinic's accent, and the guard that keeps every pair readable."""

import colorsys
import re
from dataclasses import dataclass

PAPER, INK, TEAL = "#FBF8F3", "#1E2A2E", "#17505A"
NIGHT, CHALK = "#172226", "#E9E4DA"
READABLE = 4.5
SRGB_KNEE = 0.04045
HEX = re.compile(r"#[0-9A-Fa-f]{6}")

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Scheme:
    """One scheme, light or dark. `page` lies around the letter, `paper` under its text."""

    page: str
    paper: str
    ink: str
    quiet: str
    accent: str
    button: str
    button_ink: str
    stroke_ahead: str
    dot: str
    alarm: str
    alarm_edge: str


@dataclass(frozen=True)
class Palette:
    light: Scheme
    dark: Scheme


def palette(accent: str, button: str = "") -> Palette:
    """Both schemes around the clinic's accent; a colour that could not be read is mended.

    Buttons have the accent too, unless they are given a colour of their own.
    """
    chosen = accent if HEX.fullmatch(accent) else TEAL
    filled = button if HEX.fullmatch(button) else chosen
    lifted = legible(_lifted(chosen), NIGHT)
    return Palette(
        light=Scheme(
            page="#E7ECE8",
            paper=PAPER,
            ink=INK,
            quiet="#56625F",
            accent=legible(chosen, PAPER),
            button=legible(filled, PAPER),
            button_ink=PAPER,
            stroke_ahead="#C9D3CC",
            dot="#B5482F",
            alarm="#F7EAE2",
            alarm_edge="#B5482F",
        ),
        dark=Scheme(
            page="#101A1D",
            paper=NIGHT,
            ink=CHALK,
            quiet="#A9B5B0",
            accent=lifted,
            button=legible(_lifted(filled), NIGHT),
            button_ink="#0F1719",
            stroke_ahead="#3A494D",
            dot="#E58A6E",
            alarm="#33231E",
            alarm_edge="#E58A6E",
        ),
    )


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def legible(colour: str, background: str) -> str:
    """The colour, moved away from the background as far as it takes to be read on it."""
    pole = "#000000" if _luminance(background) > _luminance("#777777") else "#FFFFFF"
    for step in range(21):
        moved = _mixed(colour, pole, step / 20)
        if contrast(moved, background) >= READABLE:
            return moved
    return pole


def _lifted(colour: str) -> str:
    """The same hue as it glows in the dark."""
    hue, _, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _rgb(colour)))
    channels = colorsys.hls_to_rgb(hue, 0.72, min(saturation, 0.5))
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in channels)


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02X}" for one, two in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= SRGB_KNEE else float(((channel + 0.055) / 1.055) ** 2.4)


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
