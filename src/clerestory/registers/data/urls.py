"""Addresses of documents about data, under /data/."""

from django.urls import path

from clerestory.registers.data import views

urlpatterns = [
    path("", views.data, name="data"),
    path("procedure/", views.procedure, name="data-procedure"),
    path("approve/<str:entry_id>/", views.approve, name="data-approve"),
    path("limits/<path:version_id>/", views.criteria, name="data-criteria"),
    path("datasheet/<path:version_id>/", views.datasheet, name="data-datasheet"),
    path("version/<path:version_id>/", views.version, name="data-version"),
]
