"""Addresses of notices, their choices and webhooks, under /notices/."""

from django.urls import path

from clerestory.desk.notice import views

urlpatterns = [
    path("notices/", views.inbox, name="notices"),
    path("notices/read/", views.read_all, name="notices-read"),
    path("notices/<int:notice_id>/open/", views.open_one, name="notices-open"),
    path("notices/choices/", views.choices, name="notices-choices"),
    path("notices/webhooks/", views.webhooks, name="notices-webhooks"),
    path("notices/webhooks/<int:target_id>/", views.webhook, name="notices-webhook"),
    path("notices/webhooks/<int:target_id>/<str:step>/", views.step, name="notices-webhook-step"),
]
