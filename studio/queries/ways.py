"""Where one click leads from a finding: to the place where it is mended, or to what mends it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from newsletter.campaigns.models import Campaign
from newsletter.content.findings import FIXES, Finding

PAGES = {
    "open_profile": "studio:setup_profile",
    "open_setup": "studio:setup",
    "open_brand": "studio:brand",
    "open_hold": "studio:hold",
}
OF_THE_CAMPAIGN = {
    "open_audience": "studio:campaign_audience",
    "open_tags": "studio:campaign_tags",
    "open_experiment": "studio:campaign_ab",
}
NOT_IN_THE_WORDS = frozenset({"send_test", *PAGES, *OF_THE_CAMPAIGN})


@dataclass(frozen=True, slots=True)
class Way:
    """A link or, as an `act`, a button that posts."""

    url: str
    label: str
    act: str = ""


def ways(finding: Finding, campaign: Campaign) -> list[Way]:
    """What stands below a finding of a campaign: one way at least."""
    found = [_there(finding, campaign)] if finding.fix not in NOT_IN_THE_WORDS else []
    name = PAGES.get(finding.fix)
    if name:
        found.append(Way(reverse(name), finding.fix_label))
    if finding.fix in OF_THE_CAMPAIGN:
        found.append(Way(reverse(OF_THE_CAMPAIGN[finding.fix], args=[campaign.pk]), finding.fix_label))
    if finding.fix == "override":
        email = finding.email or campaign.email_id
        found.append(Way(reverse("studio:finding_allow", args=[email, finding.key]), finding.fix_label))
    return found + _acts(finding, campaign)


def _there(finding: Finding, campaign: Campaign) -> Way:
    if finding.is_b and finding.email is None:
        return Way(reverse("studio:campaign_ab", args=[campaign.pk]), _("Go there"))
    anchor = finding.block or finding.field
    url = reverse("studio:email_edit", args=[finding.email or campaign.email_id])
    return Way(f"{url}#{anchor}" if anchor else url, _("Go there"))


def _acts(finding: Finding, campaign: Campaign) -> list[Way]:
    if finding.code.startswith("link"):
        return [Way(reverse("studio:links_check", args=[campaign.pk]), str(FIXES["check_links"]), "check_links")]
    if finding.fix == "send_test":
        name = "studio:campaign_ab_test" if finding.is_b else "studio:campaign_test"
        return [Way(reverse(name, args=[campaign.pk]), finding.fix_label, "send_test")]
    return []
