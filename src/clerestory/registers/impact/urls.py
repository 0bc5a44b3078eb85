"""Addresses of the impact register, under /impact/."""

from django.urls import path

from clerestory.registers.impact.views import assessments, method, outcome, papers, short

urlpatterns = [
    path("", assessments.assessments, name="impact"),
    path("method/", method.method, name="impact-method"),
    path("method/propose/", method.propose, name="impact-method-propose"),
    path("method/thresholds/", method.thresholds, name="impact-thresholds"),
    path("method/retention/", method.retention, name="impact-retention"),
    path("approve/<str:entry_id>/", assessments.approve, name="impact-approve"),
    path("systems/<str:system_id>/", assessments.system, name="impact-system"),
    path("systems/<str:system_id>/short/", short.short, name="impact-short"),
    path("systems/<str:system_id>/use/", assessments.use, name="impact-use"),
    path("systems/<str:system_id>/part/<str:part>/", assessments.part, name="impact-part"),
    path("systems/<str:system_id>/effects/", assessments.effects, name="impact-effects"),
    path("systems/<str:system_id>/effects/add/", assessments.effect, name="impact-effect-add"),
    path("systems/<str:system_id>/effects/<str:effect_id>/", assessments.effect, name="impact-effect"),
    path("systems/<str:system_id>/effects/<str:effect_id>/drop/", assessments.drop, name="impact-effect-drop"),
    path("systems/<str:system_id>/propose/", assessments.propose, name="impact-propose"),
    path("systems/<str:system_id>/heard/", outcome.hear, name="impact-hear"),
    path("systems/<str:system_id>/decide/", outcome.decide, name="impact-decide"),
    path("systems/<str:system_id>/conditions/<int:place>/met/", outcome.met, name="impact-condition-met"),
    path("systems/<str:system_id>/risks/", outcome.trace, name="impact-trace"),
    path("systems/<str:system_id>/told/", outcome.disclose, name="impact-disclose"),
    path("systems/<str:system_id>/report/", papers.report, name="impact-report"),
    path("systems/<str:system_id>/law/<str:view>/", papers.law, name="impact-law"),
    path("systems/<str:system_id>/versions/<int:version>/", papers.difference, name="impact-difference"),
]
