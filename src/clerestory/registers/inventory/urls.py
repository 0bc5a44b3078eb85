"""Addresses of the inventory, under /inventory/."""

from django.urls import path

from clerestory.registers.inventory import views
from clerestory.registers.inventory.views import access, classification, graph, part, reassess, resource

urlpatterns = [
    path("", views.models, name="inventory"),
    path("datasets/", views.datasets, name="inventory-datasets"),
    path("budgets/", views.budgets, name="inventory-budgets"),
    path("budgets/<str:budget_key>/", views.budget, name="inventory-budget"),
    path("systems/add/", views.add_system, name="inventory-system-add"),
    path("systems/<str:system_id>/", views.system, name="inventory-system"),
    path("approve/<str:entry_id>/", views.approve, name="inventory-approve"),
    path("systems/<str:system_id>/tier/", views.tier, name="inventory-system-tier"),
    path("systems/<str:system_id>/edit/", views.edit_system, name="inventory-system-edit"),
    path("parts/", part.all_parts, name="inventory-all-parts"),
    path("systems/<str:system_id>/parts/", part.parts_of_system, name="inventory-parts-of"),
    path("systems/<str:system_id>/parts/add/<str:part_kind>/", part.add_part, name="inventory-part-add"),
    path("systems/<str:system_id>/resources/", resource.resources, name="inventory-resources"),
    path("systems/<str:system_id>/resources/post/", resource.post, name="inventory-post"),
    path("systems/<str:system_id>/resources/post/remove/", resource.drop_post, name="inventory-post-remove"),
    path("systems/<str:system_id>/resources/filled/", resource.fill, name="inventory-fill"),
    path(
        "systems/<str:system_id>/resources/describe/<str:sort>/<path:about>/",
        resource.describe,
        name="inventory-describe",
    ),
    path("resources/approve/<str:entry_id>/", resource.approve, name="inventory-resource-approve"),
    path("systems/<str:system_id>/reassess/", reassess.reassess, name="inventory-reassess"),
    path("graph/<str:node_kind>/<path:node_id>/", graph.graph, name="inventory-graph"),
    path("access/", access.access, name="inventory-access"),
    path("access/<int:number>/", access.review, name="inventory-access-review"),
    path("access/<int:number>/add/", access.add, name="inventory-access-add"),
    path("access/<int:number>/hand-in/", access.hand_in, name="inventory-access-hand-in"),
    path("access/<int:number>/right/<int:place>/", access.decide, name="inventory-access-decide"),
    path("access/approve/<str:entry_id>/", access.approve, name="inventory-access-approve"),
    path("part/<str:part_kind>/<path:part_id>/", part.show_part, name="inventory-part"),
    path("part-edit/<str:part_kind>/<path:part_id>/", part.edit_part, name="inventory-part-edit"),
    path("agent-tool/<path:part_id>/", part.tool, name="inventory-tool"),
    path("agent-tool-remove/<path:part_id>/", part.drop_tool, name="inventory-tool-remove"),
    path("prompt-difference/<int:number>/<path:part_id>/", part.part_difference, name="inventory-part-difference"),
    path("classification/", classification.classifications, name="classification"),
    path("law/", classification.law_page, name="classification-law"),
    path("classification/<str:system_id>/", classification.classification, name="classification-system"),
    path("classification/<str:system_id>/answer/", classification.answer, name="classification-answer"),
    path("classification/approve/<str:entry_id>/", classification.approve, name="classification-approve"),
    path("models/<path:version_id>/", views.model, name="inventory-model"),
    path("datasets/<path:version_id>/", views.dataset, name="inventory-dataset"),
]
