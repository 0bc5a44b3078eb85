"""Addresses of concerns, under /incidents/. Those of the channel itself ask nobody to sign in."""

from django.urls import path

from clerestory.registers.incidents import views

urlpatterns = [
    path("", views.procedure, name="incidents"),
    path("change/", views.change, name="incidents-change"),
    path("approve/<str:entry_id>/", views.approve, name="incidents-approve"),
    path("trials/", views.begin_trial, name="incidents-trial"),
    path("trials/<int:number>/end/", views.end_trial, name="incidents-trial-end"),
    path("concerns/", views.concerns, name="incidents-concerns"),
    path("concerns/<int:number>/", views.concern, name="incidents-concern"),
    path("concerns/<int:number>/write/", views.write, name="incidents-concern-write"),
    path("concerns/<int:number>/outcome/", views.outcome, name="incidents-concern-outcome"),
    path("concerns/<int:number>/erase/", views.erase, name="incidents-concern-erase"),
    path("speak-up/<str:address>/", views.speak_up, name="speak-up"),
    path("speak-up/<str:address>/answer/", views.read_answer, name="speak-up-answer"),
]
