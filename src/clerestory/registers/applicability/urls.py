"""Addresses of applicability, under /applicability/."""

from django.urls import path

from clerestory.registers.applicability import views

urlpatterns = [
    path("", views.statement, name="applicability"),
    path("trace/", views.trace, name="applicability-trace"),
    path("exceptions/", views.exceptions, name="applicability-exceptions"),
    path("approve/<str:entry_id>/", views.approve, name="applicability-approve"),
    path("<str:control_id>/", views.control, name="applicability-control"),
]
