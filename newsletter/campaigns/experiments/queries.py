"""What others ask of a campaign's test."""

from newsletter.campaigns.experiments.models import Experiment
from newsletter.campaigns.models import Campaign


def of(campaign: Campaign) -> Experiment | None:
    """The campaign's test, if it has one."""
    return Experiment.objects.select_related("other_email").filter(campaign=campaign).first()
