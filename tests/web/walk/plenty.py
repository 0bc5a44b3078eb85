"""An organisation in which each kind of record is there, and then several times as many: by commands and by forms."""

from dataclasses import replace
from itertools import count
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from clerestory.desk.actor import Actor, product
from clerestory.desk.approval import approve, open_proposals
from clerestory.desk.people import change_membership, itself
from clerestory.registers.incidents.commands import propose_procedure, speak_up
from clerestory.registers.inventory.commands import register_model_version
from clerestory.registers.monitoring.commands import Came, ask_run, begin_run, finish_run, set_up_monitor
from clerestory.registers.monitoring.rules import CheckResult, Outcome
from clerestory.registers.roles.commands import assign_role, call_meeting, constitute, end_membership, recognise
from clerestory.registers.roles.rules import Assignment
from clerestory.registers.roles.rules.committee import Item
from clerestory.store import clock
from clerestory.store.unit import atomic
from clerestory.terms.error import ClerestoryError
from tests.intake.loans import MANIFEST
from tests.organisation import join
from tests.registers.incidents.surroundings import SAID, procedure
from tests.registers.monitoring.conftest import wanted as monitored
from tests.registers.nonconformity.walk import opened
from tests.registers.records import model
from tests.registers.roles.council import said as council_said
from tests.web.conftest import Place
from tests.web.walk.reading import Form
from tests.web.walk.walking import ENDS, WORD

ROLES = ("accountable_owner", "designated_management", "legal_counsel", "risk_owner", "top_management")
COUNCIL = "second-council"
RESULT = CheckResult(
    name="fairness", slice="", criterion=">= 0.8", verdict="FAIL", value=0.7, low=0.6, high=0.8, n=10, reason="",
    entry_id="",
)  # fmt: skip


class Plenty:
    """Makes more of everything each time; what one person proposed the other approves."""

    def __init__(self, place: Place, projects: Path) -> None:
        self.place, self.projects = place, projects
        self.rounds = count(1)
        for access in ("admin", "editor"):
            person = place.actor(access).person_id
            with atomic():
                change_membership(organisation_id=place.organisation_id, person_id=person, roles=ROLES)
        admin, editor = place.actor("admin"), place.actor("editor")
        approve(actor=editor, entry_id=propose_procedure(actor=admin, procedure=procedure(admin, editor)))

    def more(self, client: Client, forms: list[Form]) -> None:
        """Make one more of each kind of record, and of what records hold."""
        number = next(self.rounds)
        self._by_commands(number)
        self._approve()
        self._by_forms(client, forms, f"round {number}")
        self._approve()

    def _by_commands(self, number: int) -> None:
        admin, editor = self.place.actor("admin"), self.place.actor("editor")
        register_model_version(actor=editor, model=model(f"weights {number}"))
        opened(editor, now=clock.now(), found_on=clock.now().date(), title=f"Logs of day {number} were not kept")
        recognise(actor=admin, person=editor.person_id, what=f"Saw early that data {number} were too old")
        speak_up(actor=itself(admin.organisation_id), said=SAID)
        self._monitor(editor, number)
        self._leaver(editor, number)
        if number > 1:
            agenda = [Item("A policy waits", "waits for approval", "/policy/ai-policy/")]
            call_meeting(actor=admin, committee_id=COUNCIL, planned_for=clock.now().date(), agenda=agenda)
            return
        said = council_said(admin, editor, self.place.actor("viewer"))
        constitute(actor=admin, said=replace(said, committee_id=COUNCIL, name="Second council"))

    def _monitor(self, actor: Actor, number: int) -> None:
        folder = self.projects / f"credit-{number}"
        folder.mkdir()
        (folder / "clerestory.toml").write_text(MANIFEST, encoding="utf-8")
        made = set_up_monitor(actor=actor, wanted=monitored(actor, folder=folder.name))
        server, now = product(actor.organisation_id, "1"), clock.now()
        run_id = ask_run(actor=actor, monitor_id=made.monitor_id)
        begin_run(actor=server, run_id=run_id, now=now)
        finish_run(actor=server, run_id=run_id, now=now, came=Came(outcome=Outcome.FAIL, results=(RESULT,), inputs="x"))

    def _leaver(self, actor: Actor, number: int) -> None:
        """Let somebody hold a role and leave."""
        gone = join(self.place.organisation_id, "editor", (), f"gone{number}@example.org", now=clock.now())
        duty = Assignment(role_id="model-owner", duty="answer for the model", holder=gone.person_id)
        assign_role(actor=actor, assignment=duty)
        end_membership(actor=self.place.actor("admin"), person_id=gone.person_id)

    def _by_forms(self, client: Client, forms: list[Form], word: str) -> None:
        """Send every form that ends nothing, with words of its own."""
        for form in forms:
            if any(end in form.action for end in ENDS):
                continue
            files = [name for name, each in form.fields.items() if each.type == "file"]
            said = {name: SimpleUploadedFile("notes.txt", word.encode()) for name in files}
            answer = client.post(form.action, form.values(f"{WORD} {word}") | said)
            assert answer.status_code < 500, form.action

    def _approve(self) -> None:
        """Let each of two people approve what waits for them."""
        for access in ("admin", "editor"):
            actor = self.place.actor(access)
            for standing in open_proposals(actor):
                if standing.can_approve(actor):
                    try:
                        approve(actor=actor, entry_id=standing.entry_id)
                    except ClerestoryError:  # approved as a whole on a page of its own
                        continue
