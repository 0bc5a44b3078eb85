"""Addresses of applicability, under /applicability/."""

from django.urls import path

from clerestory.registers.applicability import views

urlpatterns = [
    path("", views.statement, name="applicability"),
    path("decide/", views.worksheet, name="applicability-worksheet"),
    path("versions/", views.versions, name="applicability-versions"),
    path("versions/<int:number>/", views.version, name="applicability-version"),
    path("versions/<int:number>/approve/", views.approve_version, name="applicability-version-approve"),
    path("trace/", views.trace, name="applicability-trace"),
    path("exceptions/", views.exceptions, name="applicability-exceptions"),
    path("approve/<str:entry_id>/", views.approve, name="applicability-approve"),
    path("<str:control_id>/", views.control, name="applicability-control"),
]
