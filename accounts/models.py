"""Who works here (staff sign in by email), which programs have keys, and what staff did (the audit trail)."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    PRACTITIONER = "practitioner", _("Practitioner")
    FRONT_DESK = "front_desk", _("Front desk")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A staff member; without a password nobody can sign in as them yet."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Compared as it is kept, in lower case: to ignore case, the database takes other letters for s, i or k too."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A member of staff. Leads never sign in."""

    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.FRONT_DESK)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_once"),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Invitation(models.Model):
    """An invited colleague. The token is minted when the mail is rendered; only its hash rests here."""

    email = models.EmailField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role, default=Role.FRONT_DESK)
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.email


class ApiKey(models.Model):
    """A key of another program. It is shown once, when it is made; only its keyed hash rests here (see `keys`).

    `last_used_at` is when something was done with it last, to the minute: looking leaves no trace.
    """

    name = models.CharField(_("name"), max_length=80)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    ends_in = models.CharField(max_length=4)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="keys")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class AuditEvent(models.Model):
    """One act of a member of staff (or of the system, `by` empty). Appended, never changed.

    But for words about somebody who is erased: those go (`audit.forget_reasons`).
    """

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="acts")
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=60, db_index=True)
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.act} {self.subject}"
