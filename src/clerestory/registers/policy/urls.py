"""Addresses of policies, under /policy/. Confirming stands in the web project: it knows the roles of a member."""

from django.urls import path

from clerestory.registers.policy import views

urlpatterns = [
    path("", views.policies, name="policy"),
    path("add/", views.add, name="policy-add"),
    path("alignment/", views.alignment, name="policy-alignment"),
    path("alignment/<int:number>/amend/", views.amend, name="policy-amend"),
    path("coverage/", views.coverage, name="policy-coverage"),
    path("coverage/remind/", views.remind, name="policy-remind"),
    path("review/", views.review, name="policy-review"),
    path("review/outcome/", views.outcome, name="policy-outcome"),
    path("approve/<str:entry_id>/", views.approve, name="policy-approve"),
    path("<str:policy_id>/", views.policy, name="policy-policy"),
    path("<str:policy_id>/change/", views.change, name="policy-change"),
    path("<str:policy_id>/publish/", views.publish, name="policy-publish"),
    path("<str:policy_id>/difference/<int:version>/", views.difference, name="policy-difference"),
]
