"""Files in the hand: dropped where the pointer is, or pasted from the clipboard, as a browser tells a page."""

import base64
import io

from PIL import Image
from playwright.sync_api import Locator, Page

EVENTS = """(target, [kind, files, words, y]) => {
  const carried = new DataTransfer();
  for (const [name, type, content] of files) {
    const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
    carried.items.add(new File([bytes], name, {type}));
  }
  if (words) carried.setData("text/plain", words);
  const options = {bubbles: true, cancelable: true, clientY: y};
  const event = kind === "paste"
    ? new ClipboardEvent("paste", {...options, clipboardData: carried})
    : new DragEvent(kind, {...options, dataTransfer: carried});
  target.dispatchEvent(event);
  return event.defaultPrevented;
}"""

File = tuple[str, str, bytes]


def png(name: str, colour: str = "teal") -> File:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(drawn, "PNG")
    return name, "image/png", drawn.getvalue()


def carry(target: Locator, kind: str, *files: File, words: str = "", y: float = 0) -> bool:
    """Whether the page took it: what no page takes, the browser opens."""
    carried = [[name, of, base64.b64encode(content).decode()] for name, of, content in files]
    return bool(target.evaluate(EVENTS, [kind, carried, words, y]))


def drag_by_finger(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Put a finger down, move it in a few steps, lift it."""
    tools = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        tools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    touch("touchStart", start)
    for step in range(1, 5):
        touch("touchMove", (start[0] + (end[0] - start[0]) * step / 4, start[1] + (end[1] - start[1]) * step / 4))
    touch("touchEnd")
