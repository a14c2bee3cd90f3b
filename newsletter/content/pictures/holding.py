"""Pictures that a document is about to show are not deleted before it is written.

Deleting a picture takes its row for itself and then looks where it is used. Whoever writes a document that names it
shares that row first: so either the deletion waits and finds the document, or the document waits and the picture is
gone before anybody could count on it, which the editor says at its place.
"""

import json
import re

from django.db import connection

REFERENCE = re.compile(r"p/([0-9a-f]{24}\.(?:jpg|png|gif))")
SHARED = "SELECT 1 FROM newsletter_picture WHERE name = ANY(%s) ORDER BY name FOR KEY SHARE"


def hold(*documents: object) -> None:
    """Keep the pictures that these documents name until the end of the caller's transaction."""
    names = sorted({name for document in documents for name in REFERENCE.findall(json.dumps(document, default=str))})
    if names:
        with connection.cursor() as cursor:
            cursor.execute(SHARED, [names])
