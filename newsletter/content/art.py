"""The drawings that an email can show, by name: our own files, at twice the width that they are shown in.

Their addresses carry no hash, so that a mail from years ago still finds them.
"""

PICTURES = {
    "nerve-map": "email/art/nerve-map.png",
    "trigger-points": "email/art/trigger-points.png",
}
