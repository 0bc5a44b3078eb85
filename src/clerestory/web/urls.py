"""All addresses of the web: pages, sign-in, registers and the API."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from clerestory.web import entrance
from clerestory.web.api import api
from clerestory.web.pages import board, difference, evidence, home, members, questions, search, systems

handler400 = "clerestory.web.errors.unreadable"
handler403 = "clerestory.web.errors.forbidden"
handler404 = "clerestory.web.errors.not_found"
handler429 = "clerestory.web.errors.too_often"
handler500 = "clerestory.web.errors.broken"

_registers: list[URLPattern | URLResolver] = [
    path(f"{name}/", include(f"clerestory.registers.{name}.urls"))
    for name in settings.REGISTERS
    if find_spec(f"clerestory.registers.{name}.urls")
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("questions/", questions.questions, name="questions"),
    path("questions/<str:key>/", questions.question, name="questions-one"),
    path("search/", search.search, name="search"),
    path("requirements/", board.board, name="board"),
    path("requirements/difference/", difference.difference, name="difference"),
    path("requirements/<str:framework_id>/<path:requirement_id>/", board.requirement, name="requirement"),
    path("systems/", systems.systems, name="systems"),
    path("systems/<str:system_id>/", systems.system, name="system"),
    path("evidence/", evidence.log, name="evidence"),
    path("evidence/log/", evidence.state, name="evidence-log"),
    path("evidence/<str:entry_id>/", evidence.entry, name="evidence-entry"),
    path("evidence/<str:entry_id>/content/", evidence.content, name="evidence-content"),
    path("evidence/<str:entry_id>/proof/", evidence.proof, name="evidence-proof"),
    path("evidence/<str:entry_id>/revoke/", evidence.take_back, name="evidence-revoke"),
    path("evidence/<str:entry_id>/approve/", evidence.approve_taking_back, name="evidence-approve"),
    path("members/", members.members, name="members"),
    path("members/<str:person_id>/change/", members.change, name="member-change"),
    path("members/tokens/", members.make_token, name="token-add"),
    path("members/tokens/<int:token_id>/end/", members.end_token, name="token-end"),
    path("roles/committees/<str:committee_id>/call/", members.call_committee, name="committee-call"),
    path("policy/confirm/", members.confirm_policy, name="policy-confirm"),
    *_registers,
    path("", include("clerestory.desk.record.urls")),
    path("", include("clerestory.desk.notice.urls")),
    path("start/<str:secret>/", entrance.first_start, name="first-start"),
    path("invitation/<str:secret>/", entrance.invitation, name="invitation"),
    path("password/<str:secret>/", entrance.new_password, name="new-password"),
    path("welcome/", entrance.welcome, name="welcome"),
    path("display/", entrance.display, name="display"),
    path("place/", entrance.place, name="place"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("account/password/reset/", entrance.lost_password, name="lost-password"),
    path("account/password/reset/<path:rest>", entrance.lost_password),
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("api/v1/", api.urls),
]
