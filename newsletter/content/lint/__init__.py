"""The content linter: what an email should not say, in words that help whoever wrote it.

    findings(draft, compiled, profile)   everything there is to say, what blocks first

A blocking finding keeps the email from being sent; the others are advice. What cannot be compiled at all is
a problem, not a finding: see `blocks`. The rules are those of health advertising (claims.toml) and of shared inboxes.
"""

from newsletter.content.lint.review import findings

__all__ = ["findings"]
