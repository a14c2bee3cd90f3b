"""What became of a look at a link, in plain words."""

from django.utils.translation import gettext_lazy as _

WHY = {
    "gone": _("The page does not exist any more, or never did."),
    "no_such_name": _("There is no website of this name. Look for a slip of the pen."),
    "certificate": _("Its certificate is not valid, so browsers warn readers off."),
    "issuer": _("Who vouches for its certificate could not be found out from here. Does your browser warn of it?"),
    "redirects": _("It leads on and on and never arrives."),
    "private": _("It leads into a private network, where readers cannot follow."),
    "port": _("It uses an unusual port, which many networks do not let through."),
    "malformed": _("It is not a whole web address."),
    "insecure": _("It does not begin with https://."),
    "example": _("It is only an example of an address. Write the real one."),
    "insecure_redirect": _("It leads on to a page without https. Link to where it ends."),
    "robots": _("The website answers people only, so it could not be checked. Follow the link yourself once."),
    "trouble": _("The website is in trouble just now, so it could not be checked. Follow the link yourself once."),
    "silent": _("The website did not answer in time, so it could not be checked. Follow the link yourself once."),
}
