"""Addresses of nonconformities, under /nonconformity/."""

from django.urls import path

from clerestory.registers.nonconformity import views

urlpatterns = [
    path("", views.nonconformities, name="nonconformity"),
    path("new/", views.add, name="nonconformity-add"),
    path("approve/<str:entry_id>/", views.approve, name="nonconformity-approve"),
    path("<str:nonconformity_id>/", views.nonconformity, name="nonconformity-record"),
    path("<str:nonconformity_id>/change/", views.change, name="nonconformity-change"),
]
