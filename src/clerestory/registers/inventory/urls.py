"""Addresses of the inventory, under /inventory/."""

from django.urls import path

from clerestory.registers.inventory import views

urlpatterns = [
    path("", views.models, name="inventory"),
    path("datasets/", views.datasets, name="inventory-datasets"),
    path("budgets/", views.budgets, name="inventory-budgets"),
    path("budgets/<str:budget_key>/", views.budget, name="inventory-budget"),
    path("systems/add/", views.add_system, name="inventory-system-add"),
    path("systems/<str:system_id>/", views.system, name="inventory-system"),
    path("systems/<str:system_id>/edit/", views.edit_system, name="inventory-system-edit"),
    path("models/<path:version_id>/", views.model, name="inventory-model"),
    path("datasets/<path:version_id>/", views.dataset, name="inventory-dataset"),
]
