"""Addresses of the organisation, under /organisation/."""

from django.urls import path

from clerestory.registers.organisation import views

urlpatterns = [
    path("", views.profile, name="organisation"),
    path("edit/", views.edit, name="organisation-edit"),
    path("processes/", views.processes, name="organisation-processes"),
    path("processes/add/", views.add_process, name="organisation-process-add"),
    path("processes/usual/", views.usual, name="organisation-usual"),
    path("picture/", views.aims_picture, name="organisation-picture"),
    path("integration/", views.integration, name="organisation-integration"),
    path("integration/share/", views.share, name="organisation-share"),
    path("processes/<str:process_id>/", views.process, name="organisation-process"),
    path("processes/<str:process_id>/edit/", views.edit_process, name="organisation-process-edit"),
    path("records/", views.records, name="organisation-records"),
    path("records/description/", views.describe, name="organisation-describe"),
    path("records/act/", views.act, name="organisation-act"),
    path("records/nothing/", views.nil_return, name="organisation-nothing"),
    path("records/change/", views.change, name="organisation-change"),
    path("records/change/<str:entry_id>/plan/", views.plan, name="organisation-plan"),
    path("records/change/<str:entry_id>/review/", views.review, name="organisation-review"),
    path("approve/<str:entry_id>/", views.approve, name="organisation-approve"),
]
