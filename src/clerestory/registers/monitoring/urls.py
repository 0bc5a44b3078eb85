"""Addresses of monitors, under /monitoring/."""

from django.urls import path

from clerestory.registers.monitoring import views

urlpatterns = [
    path("", views.monitors, name="monitoring"),
    path("new/", views.add, name="monitoring-add"),
    path("<str:monitor_id>/", views.monitor, name="monitoring-monitor"),
    path("<str:monitor_id>/change/", views.edit, name="monitoring-edit"),
    path("<str:monitor_id>/run/", views.run, name="monitoring-run"),
    path("<str:monitor_id>/pause/", views.pause, name="monitoring-pause"),
    path("<str:monitor_id>/resume/", views.resume, name="monitoring-resume"),
    path("<str:monitor_id>/alarms/<str:alarm_id>/answer/", views.answer, name="monitoring-answer"),
    path("<str:monitor_id>/end/", views.end, name="monitoring-end"),
]
