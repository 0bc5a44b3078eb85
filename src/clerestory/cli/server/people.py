"""``clerestory user`` and ``clerestory token``: who may sign in, one-time links, and machines' keys."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from clerestory.cli.server.start import PersonUnknown, one_organisation, organisations, ready
from clerestory.cli.shell import _, output, people, print_document

if TYPE_CHECKING:
    from clerestory.desk.actor import Actor

_ORGANISATION = typer.Option(None, "--organisation", help=_("Id of the organisation; needed where there are several."))
_JSON = typer.Option(False, "--json", help=_("Write one JSON document on stdout."))
_URL = typer.Option(
    "",
    "--url",
    help=_("Address under which people reach the server; without it CLERESTORY_URL, or this machine at PORT or 8000."),
)
_AS = typer.Option(..., "--as", help=_("E-mail address of the member who does this."))


def add(app: typer.Typer) -> None:
    """Register the commands."""
    user = typer.Typer(no_args_is_help=True, help=_("People who may sign in."))
    user.command("list", help=_("List the members.\n\nExample: clerestory user list"))(list_users)
    user.command("link", help=_("Print a new link that founds an organisation.\n\nExample: clerestory user link"))(link)
    user.command(
        "admit",
        help=_(
            "Admit a member and print their link.\n\nExample: clerestory user admit "
            "bo@example.org 'Bo Risk' --access editor --as ada@example.org"
        ),
    )(admit)
    user.command(
        "reset",
        help=_(
            "Print a link with which a member chooses a new password.\n\nExample: clerestory user reset bo@example.org"
        ),
    )(reset)
    app.add_typer(user, name="user")
    token = typer.Typer(no_args_is_help=True, help=_("Keys of machines, such as for push."))
    token.command(
        "create",
        help=_(
            "Make a token and show it this once.\n\nExample: clerestory token create ci "
            "--scope push --as ada@example.org"
        ),
    )(create_token)
    token.command("list", help=_("List the tokens.\n\nExample: clerestory token list --as ada@example.org"))(
        list_tokens
    )
    token.command("revoke", help=_("End a token.\n\nExample: clerestory token revoke 3 --as ada@example.org"))(
        end_token
    )
    app.add_typer(token, name="token")


def list_users(organisation: str | None = _ORGANISATION, as_json: bool = _JSON) -> None:
    """List the members of each organisation."""
    ready()
    from clerestory.desk.people import members_of

    rows = [
        {
            "organisation": organisation_id,
            "person": member.person_id,
            "email": member.email,
            "name": member.name,
            "access": member.access,
            "roles": list(member.roles),
        }
        for organisation_id in organisations(organisation)
        for member in members_of(organisation_id)
    ]
    if as_json:
        print_document({"users": rows})
        return
    for row in rows:
        output().print(f"{row['email']:<36}{row['access']:<9}{row['name']}  {row['organisation']}", markup=False)


def link(url: str = _URL, as_json: bool = _JSON) -> None:
    """Print a new link that founds an organisation; earlier ones stop working."""
    ready()
    from clerestory.desk.entrance.links import first_owner_link
    from clerestory.store import clock

    _print_link(f"{_base(url)}/start/{first_owner_link(now=clock.now())}/", as_json)


def admit(
    email: str = typer.Argument(help=_("E-mail address.")),
    name: str = typer.Argument(help=_("Name.")),
    access: str = typer.Option("viewer", "--access", help=_("admin, editor, viewer or auditor.")),
    role: list[str] = typer.Option([], "--role", help=_("Role of the catalogue, such as risk_owner; repeatable.")),
    by: str = _AS,
    organisation: str | None = _ORGANISATION,
    url: str = _URL,
    as_json: bool = _JSON,
) -> None:
    """Admit a member, with evidence, and print the link with which they choose a password."""
    ready()
    from clerestory.desk.entrance.links import invitation_link
    from clerestory.registers.roles.commands import admit_member
    from clerestory.store import clock

    actor = acting(by, organisation)
    member = admit_member(actor=actor, email=email, name=name, access=access, standing=role)
    secret = invitation_link(organisation_id=actor.organisation_id, person_id=member.person_id, now=clock.now())
    _print_link(f"{_base(url)}/invitation/{secret}/", as_json)


def reset(
    email: str = typer.Argument(help=_("E-mail address of the member.")),
    organisation: str | None = _ORGANISATION,
    url: str = _URL,
    as_json: bool = _JSON,
) -> None:
    """Print a link with which a member chooses a new password, and log that; their second factor stays."""
    ready()
    from clerestory.desk.entrance.links import reset_link
    from clerestory.registers.roles.commands import note_password_reset
    from clerestory.store import clock
    from clerestory.store.unit import atomic

    actor = acting(email, organisation)
    with atomic():
        note_password_reset(email=email)
        secret = reset_link(organisation_id=actor.organisation_id, person_id=actor.person_id, now=clock.now())
    _print_link(f"{_base(url)}/password/{secret}/", as_json)


def create_token(
    name: str = typer.Argument(help=_("What the token is for.")),
    scope: list[str] = typer.Option(["push"], "--scope", help=_("read, write or push; repeatable.")),
    by: str = _AS,
    days: int = typer.Option(365, "--days", min=1, max=3650, help=_("Days until it expires.")),
    organisation: str | None = _ORGANISATION,
    as_json: bool = _JSON,
) -> None:
    """Make a token in the name of a member; it is shown this once."""
    ready()
    from clerestory.desk.entrance import tokens
    from clerestory.store import clock

    now = clock.now()
    secret, record = tokens.create_token(
        actor=acting(by, organisation), name=name, scopes=scope, now=now, expires_at=now + timedelta(days=days)
    )
    if as_json:
        print_document({"token": secret, "id": record.token_id, "name": record.name, "scopes": list(record.scopes)})
        return
    people().print(_("Keep this token now; it is not shown again:"), markup=False)
    typer.echo(secret)


def list_tokens(by: str = _AS, organisation: str | None = _ORGANISATION, as_json: bool = _JSON) -> None:
    """List the tokens that were not revoked."""
    ready()
    from clerestory.desk.entrance import tokens
    from clerestory.terms.moment import moment_text

    rows = [
        {
            "id": row.token_id,
            "name": row.name,
            "person": row.person_id,
            "scopes": list(row.scopes),
            "expires_at": moment_text(row.expires_at) if row.expires_at else "",
        }
        for row in tokens.tokens(acting(by, organisation))
    ]
    if as_json:
        print_document({"tokens": rows})
        return
    for row in rows:
        output().print(f"{row['id']:<6}{row['name']:<30}{row['person']:<26}{row['expires_at']}", markup=False)


def end_token(
    token_id: int = typer.Argument(help=_("Id of the token, from: clerestory token list.")),
    by: str = _AS,
    organisation: str | None = _ORGANISATION,
    as_json: bool = _JSON,
) -> None:
    """End a token."""
    ready()
    from clerestory.desk.entrance import tokens
    from clerestory.store import clock

    tokens.revoke_token(actor=acting(by, organisation), token_id=token_id, now=clock.now())
    if as_json:
        print_document({"revoked": token_id})


def acting(email: str, organisation: str | None) -> "Actor":
    """Return the member in whose name a command is done.

    Raises:
        PersonUnknown: nobody with that address is a member.
    """
    from clerestory.desk.people import actor_by_email

    actor = actor_by_email(one_organisation(organisation), email)
    if actor is None:
        raise PersonUnknown(_("{email} is no member.").format(email=email), _("List them: clerestory user list"))
    return replace(actor, authentication_id=None)


def _base(url: str) -> str:
    from django.conf import settings

    return str(url or settings.PUBLIC_URL or settings.LOCAL_URL).rstrip("/")


def _print_link(address: str, as_json: bool) -> None:
    if as_json:
        print_document({"link": address})
    else:
        typer.echo(address)
