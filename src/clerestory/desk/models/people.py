"""Who can sign in, in which organisation, with which access; and tokens and one-time links, kept as digests only."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from clerestory.store import clock

ACCESS_LEVELS = ("admin", "editor", "viewer", "auditor")


class Users(BaseUserManager["User"]):
    """Creates users by e-mail address."""

    def create_user(self, email: str, name: str, password: str | None = None) -> "User":
        """Create a user; without a password the user cannot sign in by password."""
        user = self.model(email=email.strip().lower(), name=name.strip())
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by address, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who can sign in. What the person may do stands in memberships."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=10, default="", blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=clock.now)
    seats: Any = None
    """Where they are a member, where a session read it together with the user."""

    objects = Users()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.email


class Membership(models.Model):
    """A person in an organisation: the pseudonymous id that evidence carries, the access level and the roles.

    Offered to an account that was there before, it lets nobody in until that person accepts it, signed in.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    person_id = models.CharField(max_length=60)
    access = models.CharField(max_length=20)
    roles = models.JSONField(default=list)
    unit = models.CharField(max_length=200, blank=True, default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    is_offered = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation"], name="desk_membership_one_per_user"),
            models.UniqueConstraint(fields=["organisation", "person_id"], name="desk_membership_person"),
            models.CheckConstraint(condition=models.Q(access__in=ACCESS_LEVELS), name="desk_membership_access"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.organisation_id}"

    @property
    def time_zone(self) -> str:
        """The organisation's zone."""
        zone: str = self.organisation.time_zone
        return zone


class Token(models.Model):
    """A machine's key for a membership; only its digest is kept."""

    digest = models.CharField(max_length=64, unique=True)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class OneTimeLink(models.Model):
    """A link that works once, for a first owner or a new member; only its digest is kept."""

    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=20)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} until {self.expires_at}"
