"""Addresses of applicability, under /applicability/."""

from django.urls import path

from clerestory.registers.applicability.views import own, statement, versions

urlpatterns = [
    path("", statement.statement, name="applicability"),
    path("decide/", statement.worksheet, name="applicability-worksheet"),
    path("versions/", versions.versions, name="applicability-versions"),
    path("versions/<int:number>/", versions.version, name="applicability-version"),
    path("versions/<int:number>/approve/", versions.approve_version, name="applicability-version-approve"),
    path(
        "versions/<int:number>/difference/<int:before>/", versions.difference, name="applicability-version-difference"
    ),
    path("own/add/", own.add, name="applicability-own-add"),
    path("own/<str:control_id>/edit/", own.edit, name="applicability-own-edit"),
    path("own/<str:control_id>/retire/", own.retire, name="applicability-own-retire"),
    path("trace/", statement.trace, name="applicability-trace"),
    path("exceptions/", statement.exceptions, name="applicability-exceptions"),
    path("approve/<str:entry_id>/", statement.approve, name="applicability-approve"),
    path("<str:control_id>/", statement.control, name="applicability-control"),
]
