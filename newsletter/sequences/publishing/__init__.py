"""Publishing: a draft becomes a version, and what becomes of the people inside is what staff chose.

A version never changes. Who is inside goes on by the version they are in, or is moved to the new one where everything
that they have passed is the same in both: then nothing can come twice, and nothing is missed. Whoever has passed the
first change stays.
"""

from newsletter.sequences.publishing.checking import NotPublishable, about_mails, about_plan, review
from newsletter.sequences.publishing.drafts import Overtaken, as_published, draft, fresh_key, save
from newsletter.sequences.publishing.moving import Progress, go_on, progress
from newsletter.sequences.publishing.outlook import Outlook, Preview, preview
from newsletter.sequences.publishing.versions import (
    Choice,
    Done,
    Inside,
    Seen,
    StillMoving,
    letters,
    mails_mark,
    publish,
)
from newsletter.sequences.publishing.whom import Coming, Person, finished, people

__all__ = [
    "Choice",
    "Coming",
    "Done",
    "Inside",
    "NotPublishable",
    "Outlook",
    "Overtaken",
    "Person",
    "Preview",
    "Progress",
    "Seen",
    "StillMoving",
    "about_mails",
    "about_plan",
    "as_published",
    "draft",
    "finished",
    "fresh_key",
    "go_on",
    "letters",
    "mails_mark",
    "people",
    "preview",
    "progress",
    "publish",
    "review",
    "save",
]
