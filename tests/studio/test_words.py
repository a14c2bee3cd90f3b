"""Whatever is written down about a campaign has words under "What was done", but for what is done many times over."""

import re
from pathlib import Path

from config.env import BASE_DIR
from newsletter.campaigns.models import CampaignStatus
from studio import words

RECORD = re.compile(r'(?:states\.|_)?record\("(\w+)"(?: if \w+ else "(\w+)")?')
TOO_OFTEN = {"campaign.audience_chosen", "campaign.tags_chosen", "experiment.tried"}
SWITCHED = {f"campaign.{status}" for status in CampaignStatus if status != CampaignStatus.FINISHED}


def written_down(folder: Path) -> set[str]:
    found = set()
    for path in folder.rglob("*.py"):
        kind = "experiment" if path.parent.name == "experiments" else "campaign"
        acts = RECORD.findall(path.read_text())
        found |= {f"{kind}.{act}" for pair in acts for act in pair if act}
    return found


def test_each_act_has_words() -> None:
    acts = written_down(BASE_DIR / "newsletter" / "campaigns") | SWITCHED

    assert acts - TOO_OFTEN == set(words.DONE)
