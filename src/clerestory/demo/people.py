"""The people of Northlight Bank and how they come in: by the one-time links that every member comes in by."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.contrib.auth import authenticate

from clerestory.desk.actor import Actor
from clerestory.desk.entrance.links import accept_invitation, first_owner_link, invitation_link
from clerestory.desk.people import actor_for
from clerestory.registers.organisation.commands import found_organisation
from clerestory.registers.organisation.rules import Profile
from clerestory.registers.roles.commands import admit_member, change_member
from clerestory.terms.error import ClerestoryError

PROFILE = Profile(
    name="Northlight Bank", units=("Retail credit", "Risk"), sites=("Head office",), jurisdictions=("EU", "DE")
)


class DemoPersonUnknown(ClerestoryError):
    """A person of the demo cannot sign in with the password that was made for them."""


@dataclass(frozen=True, slots=True)
class Login:
    """What somebody signs in with to try the demo."""

    who: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Staff:
    """Those who act in the demo; none approves what they proposed themselves."""

    lead: Actor
    engineer: Actor
    risk: Actor
    cards: Actor
    counsel: Actor
    logins: tuple[Login, ...]

    def named(self, key: str) -> Actor:
        """Return somebody by the word that the demo's data use for them.

        Raises:
            DemoPersonUnknown: nobody is called so.
        """
        if key not in {person for person, *_ in PEOPLE}:
            raise DemoPersonUnknown(f"Nobody in the demo is called {key!r}.", "Use one of the demo's people.")
        return {
            "lead": self.lead, "engineer": self.engineer, "risk": self.risk, "cards": self.cards,
            "counsel": self.counsel,
        }[key]  # fmt: skip


PEOPLE = (
    ("lead", "Ingrid Moreau", "governance lead", "lead@northlight.example"),
    ("engineer", "Tomas Weber", "machine-learning engineer", "engineer@northlight.example"),
    ("risk", "Leila Haddad", "chief risk officer", "risk@northlight.example"),
    ("cards", "Maria Okafor", "head of cards", "cards@northlight.example"),
    ("counsel", "Jonas Brandt", "legal counsel and data protection", "counsel@northlight.example"),
)


def hire(now: datetime) -> Staff:
    """Found the organisation and let its people in, each with a password of their own."""
    logins = {key: Login(f"{name}, {post}", email, secrets.token_urlsafe(9)) for key, name, post, email in PEOPLE}
    founded = found_organisation(
        link=first_owner_link(now=now),
        profile=PROFILE,
        email=logins["lead"].email,
        name=PEOPLE[0][1],
        password=logins["lead"].password,
        now=now,
    )
    standings = {
        "engineer": ("accountable_owner",),
        "risk": ("top_management", "designated_management", "risk_owner"),
        "cards": ("designated_management", "risk_owner"),
        "counsel": ("legal_counsel",),
    }
    for key, name, _post, email in PEOPLE[1:]:
        member = admit_member(
            actor=founded.actor,
            email=email,
            name=name,
            access="admin" if key == "risk" else "editor",
            standing=standings[key],
            now=now,
        )
        secret = invitation_link(organisation_id=founded.organisation_id, person_id=member.person_id, now=now)
        accept_invitation(secret, password=logins[key].password, now=now)
    risk = signed_in(logins["risk"])
    change_member(actor=risk, person_id=founded.actor.person_id, standing=("governance_lead",), now=now)
    return Staff(
        lead=signed_in(logins["lead"]),
        engineer=signed_in(logins["engineer"]),
        risk=risk,
        cards=signed_in(logins["cards"]),
        counsel=signed_in(logins["counsel"]),
        logins=tuple(logins.values()),
    )


def signed_in(login: Login) -> Actor:
    """Prove a person's identity by their password and return them as the actor who may sign.

    Raises:
        DemoPersonUnknown: the password does not fit.
    """
    user = authenticate(None, username=login.email, password=login.password)
    actor = None if user is None else actor_for(user, authentication_id=f"auth-{secrets.token_hex(12)}")
    if actor is None:
        raise DemoPersonUnknown(f"{login.email} cannot sign in.", "Remove the data folder and fill the demo anew.")
    return actor


def keep_logins(logins: tuple[Login, ...], file: Path) -> None:
    """Keep the demo's logins in a file that only the owner of the data folder can read."""
    file.touch(mode=0o600)
    file.write_text(json.dumps([[x.who, x.email, x.password] for x in logins], ensure_ascii=False), encoding="utf-8")


def kept_logins(file: Path) -> tuple[Login, ...]:
    """Return the logins of a demo that was filled before; none where there is no file."""
    if not file.exists():
        return ()
    return tuple(Login(*row) for row in json.loads(file.read_text(encoding="utf-8")))
