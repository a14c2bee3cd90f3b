"""Leads and what they agreed to. Plain functions: every value has a default, nothing surprising happens."""

from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import Role, User
from leads.models import Consent, ConsentWording, Inquiry, Lead, Note
from leads.people import addresses

PASSWORD = "three slow herons wade"
_numbers = count(1)


def staff(role: Role = Role.OWNER, **fields: Any) -> User:
    """Somebody who may sign in, with PASSWORD."""
    number = next(_numbers)
    fields.setdefault("name", f"Robin {number}")
    return User.objects.create_user(fields.pop("email", f"robin{number}@clinic.example"), PASSWORD, role=role, **fields)


def lead(email: str = "", **fields: Any) -> Lead:
    """A person we know, with no consent yet."""
    email = email or f"ada{next(_numbers)}@mail.example"
    address_key = addresses.key(email)
    return Lead.objects.create(
        email=email,
        address_key=address_key,
        address_hash=addresses.digest(address_key),
        **{"first_name": "Ada", "source": "sign_up", **fields},
    )


def hash_of(lead: Lead) -> bytes:
    """What suppression remembers of this person's address."""
    assert lead.address_hash is not None
    return bytes(lead.address_hash)


def wording(text: str = "Yes, send me the emails.", version: int = 1) -> ConsentWording:
    return ConsentWording.objects.get_or_create(key="course", language="en", version=version, defaults={"text": text})[
        0
    ]


def consent(of: Lead | None = None, **fields: Any) -> Consent:
    """Marketing consent by the web form, given yesterday, that still holds."""
    defaults = {
        "lead": of or lead(),
        "purpose": "marketing",
        "basis": "express",
        "wording": wording(),
        "page": "/",
        "granted_at": timezone.now() - timedelta(days=1),
    }
    return Consent.objects.create(**{**defaults, **fields})


def inquiry(of: Lead | None = None, **fields: Any) -> Inquiry:
    """A question that waits for an answer since an hour."""
    defaults = {
        "lead": of or lead(),
        "question": "Does it hurt?",
        "phone": "+14165550123",
        "received_at": timezone.now() - timedelta(hours=1),
    }
    return Inquiry.objects.create(**{**defaults, **fields})


def note(of: Lead, by: User, text: str = "Prefers mornings.") -> Note:
    return Note.objects.create(lead=of, by=by, text=text)
