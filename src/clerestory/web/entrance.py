"""Ways in: the first start, invitations, and how pages look. Sign-in itself is allauth's, with our templates."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clerestory.desk.entrance.links import (
    FIRST_OWNER,
    INVITATION,
    RESET,
    LinkSpent,
    accept_invitation,
    accept_membership,
    check_link,
    reset_password,
)
from clerestory.desk.forms import attempt
from clerestory.desk.models import Membership, User
from clerestory.registers.organisation.commands import Founded, found_organisation
from clerestory.registers.organisation.forms import zone_field
from clerestory.registers.organisation.queries import organisations
from clerestory.registers.organisation.rules import Profile
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.web.context import THEMES
from clerestory.web.session import PLACE, presence_of


class PasswordForm(forms.Form):
    """A new password, typed once; it can be seen and pasted, so that a password manager can make it."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        min_length=10,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"min_length": gettext_lazy("The password is too short: take at least 10 characters.")},
        help_text=gettext_lazy("At least 10 characters. A sentence is easy to keep in mind."),
    )

    def clean_password(self) -> str:
        """Refuse what is easily guessed, also from the name and address of the person."""
        password = str(self.cleaned_data["password"])
        person = User(email=str(self.data.get("email", "")), name=str(self.data.get("name", "")))
        password_validation.validate_password(password, person)
        return password


class FirstStartForm(PasswordForm):
    """The organisation and its first owner."""

    organisation = forms.CharField(
        label=gettext_lazy("Organisation"),
        max_length=200,
        help_text=gettext_lazy("As it stands on the certificate later."),
    )
    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    time_zone = zone_field()
    field_order = ("organisation", "time_zone", "name", "email", "password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["time_zone"].widget.attrs["data-own-zone"] = True


@login_not_required
@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Say how the first owner gets in, where nobody is there yet; everybody else signs in."""
    if organisations():
        return redirect("account_login")
    return render(request, "web/entrance/welcome.html")


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def first_start(request: HttpRequest, secret: str) -> HttpResponse:
    """Found the organisation with the one-time link from the terminal, and sign its owner in."""
    try:
        check_link(secret, FIRST_OWNER, now=clock.now())
    except LinkSpent:
        return render(request, "web/entrance/spent.html", status=410)
    form = FirstStartForm(request.POST or None)
    founded = attempt(form, lambda: _found(form, secret)) if request.method == "POST" else None
    if founded is None:
        return render(request, "web/entrance/first_start.html", {"form": form}, status=422 if form.errors else 200)
    return _sign_in(request, User.objects.get(pk=founded.actor.user_id or 0))


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Let somebody new choose a password, and an existing user accept the membership, signed in as themselves."""
    try:
        membership = check_link(secret, INVITATION, now=clock.now())
    except LinkSpent:
        return render(request, "web/entrance/spent.html", status=410)
    if membership is not None and membership.is_offered:
        return _offered(request, secret, membership)
    return _choose(request, membership, lambda form: _accept(form, secret))


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest, secret: str) -> HttpResponse:
    """Let a member choose a new password with a link of the server's command line; then the second factor is asked."""
    try:
        membership = check_link(secret, RESET, now=clock.now())
    except LinkSpent:
        return render(request, "web/entrance/spent.html", status=410)
    return _choose(request, membership, lambda form: _reset(form, secret))


@login_not_required
@require_safe
def lost_password(request: HttpRequest, rest: str = "") -> HttpResponse:  # noqa: ARG001
    """Say who helps: only the server's own command line makes a link for a new password, and logs that."""
    return render(request, "web/entrance/lost.html")


@login_not_required
@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Keep how pages look, in a cookie; this is the way without JavaScript."""
    theme = request.POST.get("theme", "")
    response = redirect(_back(request))
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=365 * 86400, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme")
    return response


@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Work in another organisation that one is a member of."""
    wanted = request.POST.get("organisation", "")
    presence = presence_of(request)
    if presence is not None and wanted in dict(presence.places):
        request.session[PLACE] = wanted
    return redirect("home")


def _found(form: FirstStartForm, secret: str) -> Founded:
    said = form.cleaned_data
    return found_organisation(
        link=secret,
        profile=Profile(name=said["organisation"], time_zone=said["time_zone"] or "UTC"),
        email=said["email"],
        name=said["name"],
        password=said["password"],
    )


def _accept(form: PasswordForm, secret: str) -> User:
    with atomic():
        return accept_invitation(secret, password=form.cleaned_data["password"], now=clock.now())


def _reset(form: PasswordForm, secret: str) -> User:
    with atomic():
        return reset_password(secret, password=form.cleaned_data["password"], now=clock.now())


def _choose(
    request: HttpRequest, membership: Membership | None, command: Callable[[PasswordForm], User]
) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    user = attempt(form, lambda: command(form)) if request.method == "POST" else None
    if user is not None:
        return _sign_in(request, user)
    said = {"form": form, "name": membership.user.name if membership else ""}
    return render(request, "web/entrance/invitation.html", said, status=422 if form.errors else 200)


def _offered(request: HttpRequest, secret: str, membership: Membership) -> HttpResponse:
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path(), reverse("account_login"))
    if request.method == "POST":
        with atomic():
            accepted = accept_membership(secret, user=request.user, now=clock.now())
        request.session[PLACE] = accepted.organisation_id
        return redirect("home")
    said = {"organisation": membership.organisation.name, "own": membership.user_id == request.user.pk}
    return render(request, "web/entrance/offered.html", said, status=200 if said["own"] else 403)


def _sign_in(request: HttpRequest, user: User) -> HttpResponse:
    """Sign in by the stages that every sign-in takes, so that a second factor is asked for."""
    signed: HttpResponse = perform_password_login(
        request, {"email": user.email}, Login(user=user, redirect_url=reverse("home"))
    )
    return signed


def _back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if allowed and target.startswith("/") else reverse("home")
