"""Who writes: the one clinic that this installation serves, its hours and its days off."""

from datetime import time

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

HEX_COLOUR = RegexValidator(r"^#[0-9A-Fa-f]{6}$", _("Give the colour as # and six hex digits."))


class Jurisdiction(models.TextChoices):
    CANADA = "CA", _("Canada")
    UNITED_KINGDOM = "UK", _("United Kingdom")
    UNITED_STATES = "US", _("United States")
    AUSTRALIA = "AU", _("Australia")


class Font(models.TextChoices):
    """Faces that every mail program has; `newsletter.content.fonts` says which stack each one is."""

    HOUSE = "house", _("Georgia for headings, a plain face for the text")
    PLAIN = "plain", _("A plain face throughout, as the reader's device has it")
    GEORGIA = "georgia", _("Georgia throughout")
    ARIAL = "arial", _("Arial throughout")
    VERDANA = "verdana", _("Verdana throughout: wide, and easy on the eyes")
    TREBUCHET = "trebuchet", _("Trebuchet throughout")


class Clinic(models.Model):
    """The clinic's profile: a single row (id 1) that every mail and page draws on.

    Sequences mail nobody before `writes_from`, nor from `writes_until` on, by the reader's clock.
    `public_holidays` is the country or the region whose holidays count (“CA”, “CA-ON”); where it is empty, none do.
    `logo` and `signature_picture` are names of the library, as `p/...` (see `newsletter.content.pictures`);
    `social_links` is a JSON list of {"name": str, "url": str}. Buttons without a colour of their own take the
    brand's; a signature without a name is the practitioner's.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(_("clinic name"), max_length=120, blank=True)
    practitioner = models.CharField(_("practitioner"), max_length=120, blank=True)
    practitioner_title = models.CharField(_("title"), max_length=120, blank=True)
    postal_address = models.TextField(_("postal address"), max_length=400, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("reply address"), blank=True)
    sender_name = models.CharField(_("sender name"), max_length=75, blank=True)
    sender_email = models.EmailField(_("sender address"), blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="America/Toronto")
    language = models.CharField(_("language"), max_length=10, default="en")
    jurisdiction = models.CharField(_("rules of"), max_length=2, choices=Jurisdiction, default=Jurisdiction.CANADA)
    public_holidays = models.CharField(_("public holidays"), max_length=10, blank=True)
    emergency_number = models.CharField(_("emergency number"), max_length=20, default="911")
    booking_url = models.URLField(_("online booking"), blank=True)
    free_call_terms = models.CharField(
        _("terms of the free call"),
        max_length=200,
        default="15 minutes by phone or video, no obligation, not a treatment.",
    )
    first_visit_price = models.CharField(_("cost of a first visit"), max_length=200, blank=True)
    insurance_note = models.CharField(_("insurance"), max_length=300, blank=True)
    brand_colour = models.CharField(_("brand colour"), max_length=7, default="#17505A", validators=[HEX_COLOUR])
    button_colour = models.CharField(_("colour of buttons"), max_length=7, blank=True, validators=[HEX_COLOUR])
    logo = models.CharField(_("logo"), max_length=60, blank=True)
    font = models.CharField(_("font"), max_length=20, choices=Font, default=Font.HOUSE)
    footer_text = models.TextField(_("words at the foot"), max_length=400, blank=True)
    social_links = models.JSONField(_("elsewhere"), default=list, blank=True)
    signature_name = models.CharField(_("signed by"), max_length=120, blank=True)
    signature_title = models.CharField(_("signed as"), max_length=120, blank=True)
    signature_picture = models.CharField(_("portrait"), max_length=60, blank=True)
    call_buffer_minutes = models.PositiveSmallIntegerField(
        _("minutes between calls"), default=5, validators=[MaxValueValidator(120)]
    )
    call_notice_hours = models.PositiveSmallIntegerField(
        _("notice before a call, in hours"), default=4, validators=[MaxValueValidator(336)]
    )
    call_horizon_days = models.PositiveSmallIntegerField(
        _("days ahead that can be booked"),
        default=21,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )
    cap_mails = models.PositiveSmallIntegerField(
        _("at most so many marketing mails a person"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    cap_days = models.PositiveSmallIntegerField(
        _("in so many days"), default=7, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    writes_from = models.TimeField(_("mail from"), default=time(8))
    writes_until = models.TimeField(_("mail until"), default=time(20))
    content_signed_off_at = models.DateTimeField(null=True, blank=True)
    content_signed_off_by = models.CharField(max_length=120, blank=True)
    test_mail_seen_at = models.DateTimeField(null=True, blank=True)
    sending_unlocked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="clinic_is_single"),
            models.CheckConstraint(
                condition=models.Q(writes_until__gt=models.F("writes_from")), name="clinic_writes_at_some_time"
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("Unnamed clinic"))


class WeeklyHours(models.Model):
    """Hours in which free calls can be booked, in the clinic's local time; Monday is 0."""

    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])
    opens_at = models.TimeField()
    closes_at = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at")),
                name="clinic_hours_close_after_opening",
            ),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="clinic_hours_weekday"),
            models.UniqueConstraint(fields=["weekday", "opens_at"], name="clinic_hours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday}: {self.opens_at:%H:%M}-{self.closes_at:%H:%M}"


class DayOff(models.Model):
    """A local date on which nobody takes calls."""

    on = models.DateField(unique=True)
    label = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d} {self.label}".strip()
