"""Addresses of roles and duties, under /roles/."""

from django.urls import path

from clerestory.registers.roles import views

urlpatterns = [
    path("", views.roles, name="roles"),
    path("add/", views.add, name="roles-add"),
    path("conformity/", views.conformity, name="roles-conformity"),
    path("report/", views.report, name="roles-report"),
    path("committees/", views.committees, name="roles-committees"),
    path("committees/add/", views.add_committee, name="roles-committee-add"),
    path("committees/<str:committee_id>/", views.committee, name="roles-committee"),
    path("committees/<str:committee_id>/edit/", views.edit_committee, name="roles-committee-edit"),
    path("committees/<str:committee_id>/<int:number>/", views.meeting, name="roles-meeting"),
    path("recognition/", views.recognition, name="roles-recognition"),
    path("recognition/<int:number>/", views.name_me, name="roles-name-me"),
    path("matrix/", views.matrix, name="roles-matrix"),
    path("matrix/<str:work_kind>/<path:work_id>/", views.line, name="roles-line"),
    path("left/", views.leavers, name="roles-leavers"),
    path("left/<str:person_id>/", views.hand_over, name="roles-hand-over"),
    path("systems/", views.systems, name="roles-systems"),
    path("systems/<str:system_id>/", views.system, name="roles-system"),
    path("approve/<str:entry_id>/", views.approve, name="roles-approve"),
    path("role/<str:role_id>/", views.role, name="roles-role"),
    path("role/<str:role_id>/edit/", views.edit, name="roles-edit"),
    path("role/<str:role_id>/assign/", views.assign, name="roles-assign"),
    path("role/<str:role_id>/accept/", views.accept, name="roles-accept"),
    path("role/<str:role_id>/release/<str:holder>/", views.release, name="roles-release"),
]
