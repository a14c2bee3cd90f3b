"""Publishing: a draft becomes a version, and what becomes of the people inside is what staff chose.

A version never changes. Who is inside goes on by the version they are in, or is moved to the new one where everything
that they have passed is the same in both: then nothing can come twice, and nothing is missed. Whoever has passed the
first change stays.
"""

from newsletter.sequences.publishing.checking import NotPublishable, about_mails, about_plan, review
from newsletter.sequences.publishing.drafts import Overtaken, as_published, draft, fresh_key, save
from newsletter.sequences.publishing.moving import go_on
from newsletter.sequences.publishing.outlook import Person, Preview, preview
from newsletter.sequences.publishing.versions import Choice, Done, Inside, StillMoving, letters, publish

__all__ = [
    "Choice",
    "Done",
    "Inside",
    "NotPublishable",
    "Overtaken",
    "Person",
    "Preview",
    "StillMoving",
    "about_mails",
    "about_plan",
    "as_published",
    "draft",
    "fresh_key",
    "go_on",
    "letters",
    "preview",
    "publish",
    "review",
    "save",
]
