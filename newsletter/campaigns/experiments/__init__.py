"""A/B: two wordings of one campaign, tried on a part of its audience before the rest gets the better one."""
