"""Addresses of the life cycle, under /lifecycle/."""

from django.urls import path

from clerestory.registers.lifecycle import views

urlpatterns = [
    path("", views.changes, name="lifecycle"),
    path("changes/ask/", views.ask, name="lifecycle-add"),
    path("change/<str:change_id>/", views.change, name="lifecycle-change"),
    path("change/<str:change_id>/assess/", views.assess, name="lifecycle-assess"),
    path("change/<str:change_id>/made/", views.make, name="lifecycle-made"),
    path("change/<str:change_id>/refuse/", views.refuse, name="lifecycle-refuse"),
    path("releases/", views.releases, name="lifecycle-releases"),
    path("criteria/", views.criteria, name="lifecycle-criteria"),
    path("criteria/<str:process_id>/", views.edit_criteria, name="lifecycle-criteria-edit"),
    path("approve/<str:entry_id>/", views.approve, name="lifecycle-approve"),
]
