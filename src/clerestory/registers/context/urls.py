"""Addresses of the context, under /context/."""

from django.urls import path

from clerestory.registers.context.views import issues, obligations, parties, scope

urlpatterns = [
    path("", issues.issues, name="context"),
    path("issues/add/", issues.add, name="context-issue-add"),
    path("issue/<str:issue_id>/", issues.issue, name="context-issue"),
    path("issue/<str:issue_id>/change/", issues.edit, name="context-issue-edit"),
    path("issue/<str:issue_id>/end/", issues.end, name="context-issue-end"),
    path("review/", issues.review, name="context-review"),
    path("parties/", parties.parties, name="context-parties"),
    path("parties/add/", parties.add, name="context-party-add"),
    path("parties/review/", parties.review, name="context-parties-review"),
    path("parties/trace/", parties.trace, name="context-parties-trace"),
    path("party/<str:party_id>/", parties.party, name="context-party"),
    path("party/<str:party_id>/change/", parties.edit, name="context-party-edit"),
    path("party/<str:party_id>/need/<int:number>/", parties.need, name="context-need"),
    path("party/<str:party_id>/end/", parties.end, name="context-party-end"),
    path("obligations/", obligations.obligations, name="context-obligations"),
    path("obligations/add/", obligations.add, name="context-obligation-add"),
    path("obligations/review/", obligations.review, name="context-law-review"),
    path("obligation/<str:obligation_id>/", obligations.obligation, name="context-obligation"),
    path("obligation/<str:obligation_id>/change/", obligations.edit, name="context-obligation-edit"),
    path("obligation/<str:obligation_id>/end/", obligations.end, name="context-obligation-end"),
    path("scope/", scope.scope, name="context-scope"),
    path("scope/propose/", scope.propose, name="context-scope-propose"),
    path("systems/", scope.systems, name="context-systems"),
    path("systems/<str:system_id>/", scope.system, name="context-system"),
    path("approve/<str:entry_id>/", issues.approve, name="context-approve"),
]
