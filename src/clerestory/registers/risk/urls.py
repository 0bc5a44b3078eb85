"""Addresses of the risk register, under /risk/."""

from django.urls import path

<<<<<<< HEAD
from clerestory.registers.risk.views import method, overall, risks, steps, tasks, threat_forms, threats
=======
from clerestory.registers.risk.views import method, money, overall, planning, risks, steps, tasks
>>>>>>> 8dbb3c1 (Pages for measures, money, movement, prompts, opportunities and trials of the method; contradictions name what helps)

urlpatterns = [
    path("", risks.risks, name="risk"),
    path("add/", risks.add, name="risk-add"),
    path("map/", overall.heat_map, name="risk-map"),
    path("movement/", planning.moved, name="risk-movement"),
    path("prompts/", planning.prompts, name="risk-prompts"),
    path("opportunities/", planning.opportunities, name="risk-opportunities"),
    path("opportunities/add/", planning.add_action, name="risk-action-add"),
    path("opportunities/<str:action_id>/", planning.action, name="risk-action"),
    path("trials/", planning.all_trials, name="risk-trials"),
    path("trials/<str:trial_id>/", planning.trial, name="risk-trial"),
    path("consistency/", overall.consistency, name="risk-consistency"),
    path("tasks/", tasks.tasks, name="risk-tasks"),
    path("tasks/<str:task_id>/", tasks.task, name="risk-task"),
    path("tasks/<str:task_id>/done/", tasks.done, name="risk-task-done"),
    path("tasks/<str:task_id>/drop/", tasks.drop, name="risk-task-drop"),
    path("plan/", overall.plan, name="risk-plan"),
    path("criteria/", method.criteria, name="risk-criteria"),
    path("criteria/propose/", method.propose, name="risk-criteria-propose"),
    path("criteria/process/", method.process, name="risk-process"),
    path("criteria/<str:version>/", method.version, name="risk-criteria-version"),
    path("criteria/<str:version>/approve/", method.approve, name="risk-criteria-approve"),
    path("systems/<str:system_id>/", overall.system, name="risk-system"),
    path("approve/<str:entry_id>/", overall.approve, name="risk-approve"),
    path("threats/", threats.threats, name="risk-threats"),
    path("threats/<str:system_id>/", threats.system, name="risk-threats-system"),
    path("threats/<str:system_id>/facts/", threat_forms.facts, name="risk-threat-facts"),
    path("threats/<str:system_id>/review/", threat_forms.review, name="risk-threat-review"),
    path("threats/<str:system_id>/mitigations/", threats.mitigations, name="risk-threat-mitigations"),
    path("threats/<str:system_id>/mitigations/<str:mitigation_id>/", threat_forms.decide, name="risk-threat-decide"),
    path("threats/<str:system_id>/<str:threat_id>/", threats.threat, name="risk-threat"),
    path("threats/<str:system_id>/<str:threat_id>/risk/", threat_forms.make_risk, name="risk-threat-raise"),
    path("threats/<str:system_id>/<str:threat_id>/aside/", threat_forms.aside, name="risk-threat-aside"),
    path("<str:risk_id>/", risks.risk, name="risk-record"),
    path("<str:risk_id>/edit/", risks.edit, name="risk-edit"),
    path("<str:risk_id>/analyse/", steps.analyse, name="risk-analyse"),
    path("<str:risk_id>/decide/", steps.decide, name="risk-decide"),
    path("<str:risk_id>/money/", money.money, name="risk-money"),
    path("<str:risk_id>/task/", tasks.add, name="risk-task-add"),
    path("<str:risk_id>/effect/", steps.effect, name="risk-effect"),
    path("<str:risk_id>/accept/", steps.accept, name="risk-accept"),
    path("<str:risk_id>/close/", steps.close, name="risk-close"),
    path("<str:risk_id>/reopen/", steps.reopen, name="risk-reopen"),
]
