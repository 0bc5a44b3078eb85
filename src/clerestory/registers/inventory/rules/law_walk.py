"""Walks the questions of the law and derives the class with its reasoning, step by step. Pure; not legal advice."""

from collections.abc import Iterable
from datetime import date

from clerestory.catalogue.law.read import Law, LegalDuty, Option
from clerestory.registers.inventory.rules.classification import (
    NONE,
    Answers,
    Classification,
    DutyFrom,
    Finding,
    LegalClass,
    Step,
    is_asked,
)

_USED_BY_OTHERS = {"deployer", "importer", "distributor"}
_ALWAYS_RIGHTS = {"III.5b", "III.5c"}
_WITHOUT_RIGHTS = {"III.2"}
_MAKERS = {"gpai_provider", "gpai_modifier"}


_FIRST = ("system", "reach", "exclusion", "roles", "practices", "product", "areas", "transparency", "model")
_ALSO = ("market_on",)
"""Asked at first, too, although no class hangs on it."""


def asked(law: Law, version_id: str, answers: Answers) -> tuple[str, ...]:
    """Return the questions to ask now, in order: the first ones, and those that the answers so far led to.

    Where the law does not look at the system, the ones that no longer decide are left out.
    """
    found = classify(law, version_id, answers)
    walked = {step.question for step in found.steps}
    first = set() if found.klass is LegalClass.OUTSIDE else {*_FIRST, *_ALSO}
    return tuple(question.id for question in law.questions if question.id in walked | first)


def classify(law: Law, version_id: str, answers: Answers) -> Classification:
    """Derive the class from the answers under one version of the law."""
    return _Walk(law, version_id, answers).result()


class _Walk:
    """One walk: what it found so far, and what is open."""

    def __init__(self, law: Law, version_id: str, answers: Answers) -> None:
        self.law, self.version, self.answers = law, law.version(version_id), answers
        self.steps: list[Step] = []
        self.open: list[str] = []
        self.flags: set[str] = set()
        self.days: dict[str, date] = dict(self.version.days)
        self.roles: tuple[str, ...] = ()
        self._questions = {question.id: question for question in law.questions}
        self._seen: dict[str, tuple[Option, ...] | None] = {}

    def result(self) -> Classification:
        """Return what follows."""
        inside = self._scope()
        if inside is False:
            self.open.clear()  # nothing else decides any more
            self._model(reached=self.answers.yes_no("reach") is not False)
            return self._classification(LegalClass.OUTSIDE, LegalClass.OUTSIDE)
        prohibited = self._practices()
        product, listed = self._product(), self._listed()
        told = self._transparency()
        self._model(reached=True)
        self._our_part(self._routes(product, listed))
        known = [
            klass
            for klass, holds in (
                (LegalClass.PROHIBITED, prohibited),
                (LegalClass.HIGH, product is True or listed is LegalClass.HIGH),
                (LegalClass.EXEMPT, listed is LegalClass.EXEMPT),
                (LegalClass.TRANSPARENCY, told),
            )
            if holds is True
        ]
        at_least = known[0] if known else LegalClass.MINIMAL
        if self._is_open_source() and at_least is LegalClass.MINIMAL:
            at_least = LegalClass.OUTSIDE
        blocked = inside is None or self._blocks(at_least, prohibited, product, listed, told)
        return self._classification(LegalClass.UNKNOWN if blocked else at_least, at_least)

    @staticmethod
    def _blocks(
        at_least: LegalClass,
        prohibited: bool | None,
        product: bool | None,
        listed: LegalClass | None,
        told: bool | None,
    ) -> bool:
        """Tell whether an open answer could still make the class stricter than what is known."""
        if at_least is LegalClass.PROHIBITED:
            return False
        if prohibited is None:
            return True
        if at_least is LegalClass.HIGH:
            return False
        if product is None or listed is None:
            return True
        return at_least not in (LegalClass.EXEMPT, LegalClass.TRANSPARENCY) and told is None

    # ---------------------------------------------------------------- steps

    def _scope(self) -> bool | None:
        """Tell whether the law looks at it: it is an AI system, within reach, and not excluded."""
        found: list[bool | None] = []
        for question_id in ("system", "reach"):
            said = self.answers.yes_no(question_id)
            finding = Finding.GOES_ON if said else Finding.OPEN if said is None else Finding.OUTSIDE
            self._step(question_id, finding)
            if said is False:
                return False
            found.append(said)
        ticked = self._ticked("exclusion")
        excluded = None if ticked is None else [option for option in ticked if option.id != "open_source"]
        if excluded:
            self._step("exclusion", Finding.OUTSIDE, excluded)
            return False
        finding = Finding.OPEN if ticked is None else Finding.OPEN_SOURCE if ticked else Finding.GOES_ON
        self._step("exclusion", finding, ticked or ())
        found.append(None if ticked is None else True)
        if all(found):
            self.flags.add("system")
        return None if None in found else True

    def _practices(self) -> bool | None:
        """Tell whether a prohibition of Article 5 bites, less the exceptions that hold."""
        ticked = self._ticked("practices")
        caught, unsure = self._less_exceptions("practices", "practice_exceptions", ticked or ())
        if caught:
            self.flags.add("prohibited")
            self.days["prohibited"] = min(self.version.days[option.day] for option in caught)
            for option in caught:
                self._step("practices", Finding.PROHIBITED, (option,), day=option.day)
            return True
        if ticked is None or unsure:
            self._step("practices", Finding.OPEN, ticked or self._hit("practices"))
            return None
        self._step("practices", Finding.EXCEPTED if ticked else Finding.CLEAR, ticked)
        return False

    def _product(self) -> bool | None:
        """Tell whether it is of high risk by Article 6(1): a safety component that a third party assesses."""
        ticked = self._ticked("product")
        if ticked is None:
            self._step("product", Finding.OPEN, self._hit("product"))
            return None
        if not ticked:
            self._step("product", Finding.CLEAR)
            return False
        self._step("product", Finding.GOES_ON, ticked)
        tests = [("safety", True), ("assists", False), ("third_party", True)]
        tests = [(name, wanted) for name, wanted in tests if is_asked(self._questions[name], self.version)]
        said = {name: self.answers.yes_no(name) for name, _wanted in tests}
        failed = next((name for name, wanted in tests if said[name] is (not wanted)), None)
        if failed is not None:
            self._step(failed, Finding.CLEAR)
            return False
        for name, _wanted in tests:
            self._step(name, Finding.OPEN if said[name] is None else Finding.GOES_ON)
        if None in said.values():
            return None
        sector = all(option.section_b for option in ticked)
        self.flags |= {"product"} | ({"section_b"} if sector else {"high_full"})
        self._step("product", Finding.HIGH_SECTOR if sector else Finding.HIGH, ticked)
        return True

    def _listed(self) -> LegalClass | None:
        """Return whether a use of Annex III makes it of high risk, or the test of Article 6(3) exempts it."""
        ticked = self._ticked("areas")
        if not ticked:
            self._step("areas", Finding.OPEN if ticked is None else Finding.CLEAR, self._hit("areas"))
            return None if ticked is None else LegalClass.MINIMAL
        for option in ticked:
            self._step("areas", Finding.GOES_ON, (option,))
        profiling, harm = self.answers.yes_no("profiling"), self.answers.yes_no("harm")
        conditions = self._ticked("conditions")
        strict = (("profiling", profiling is True), ("conditions", conditions == ()), ("harm", harm is True))
        for question_id, holds in strict:
            if holds:
                self._step(question_id, Finding.PROFILES if question_id == "profiling" else Finding.NO_EXEMPTION)
                return self._high(ticked)
        for question_id, said in (("profiling", profiling), ("conditions", conditions), ("harm", harm)):
            self._step(question_id, Finding.OPEN if said is None else Finding.GOES_ON, conditions or ())
        if profiling is None or conditions is None or harm is None:
            return None
        self.flags.add("exempt")
        self._step("areas", Finding.EXEMPT, ticked, article="Art. 6(3)")
        return LegalClass.EXEMPT

    def _high(self, ticked: Iterable[Option]) -> LegalClass:
        ids = {option.id for option in ticked}
        self.flags |= {"listed", "high_full"} | ({"rights_assessment"} if ids & _ALWAYS_RIGHTS else set())
        self._step("areas", Finding.HIGH, tuple(ticked))
        return LegalClass.HIGH

    def _transparency(self) -> bool | None:
        """Tell whether Article 50 asks for something."""
        ticked = self._ticked("transparency")
        caught, unsure = self._less_exceptions("transparency", "transparency_exceptions", ticked or ())
        before = self._was_before("marking_cut")
        self.days["marking"] = self.days["marking_before" if before else "transparency"]
        for option in caught:
            self.flags.add(option.id)
            day = "marking" if option.id == "50(2)" else option.day
            self._step("transparency", Finding.TOLD, (option,), day=day)
        if ticked is None or unsure:
            self._step("transparency", Finding.OPEN, self._hit("transparency"))
        elif not caught:
            self._step("transparency", Finding.EXCEPTED if ticked else Finding.CLEAR, ticked)
        return True if caught else None if ticked is None or unsure else False

    def _model(self, *, reached: bool) -> None:
        """Find what we answer for as provider of a general-purpose model."""
        if not reached:
            return
        ticked = self._ticked("model")
        self.days["gpai"] = self.days["gpai_before" if self._was_before("gpai_cut") else "gpai"]
        if ticked is None or not any(option.id in _MAKERS for option in ticked):
            self._step("model", Finding.OPEN if ticked is None else Finding.CLEAR, ticked or ())
            return
        self.flags.add("gpai")
        self._step("model", Finding.GPAI, ticked)
        systemic = self.answers.yes_no("systemic")
        self._step("systemic", Finding.SYSTEMIC if systemic else Finding.OPEN if systemic is None else Finding.CLEAR)
        public = self.answers.yes_no("open_model")
        if systemic:
            self.flags |= {"gpai_systemic", "gpai_closed"}
        else:
            self._step("open_model", Finding.OPEN if public is None else Finding.EXCEPTED if public else Finding.GPAI)
            self.flags |= set() if public else {"gpai_closed"}

    def _our_part(self, high: bool) -> None:
        """Find for whom duties follow: our roles, and those that Article 25 puts on us."""
        ticked = self._ticked("roles") or None
        held = [option.id for option in ticked or ()]
        self._step("roles", Finding.OPEN if ticked is None else Finding.ROLES, ticked or ())
        if high and ticked and "provider" not in held:
            if "manufacturer" in held and "product" in self.flags and "high_full" in self.flags:
                self._step("roles", Finding.MANUFACTURER, ticked, article="Art. 25(3)")
                held.append("provider")
            elif _USED_BY_OTHERS & set(held):
                became = self._ticked("becomes")
                finding = Finding.OPEN if became is None else Finding.BECOMES if became else Finding.CLEAR
                self._step("becomes", finding, became or ())
                held += ["provider"] if became else []
        if high and "listed" in self.flags and "deployer" in held:
            self._public()
        if "gpai" in self.flags or (high and "provider" in held):
            outside = self.answers.yes_no("outside_union")
            found = Finding.OPEN if outside is None else Finding.ROLES if outside else Finding.CLEAR
            self._step("outside_union", found)
            self.flags |= {"outside_union"} if outside else set()
        if high and self._was_before("annex_iii" if "listed" in self.flags else "annex_i"):
            self._step("market_on", Finding.BEFORE, article="Art. 111(2)", day="authorities")
        self.roles = tuple(held)

    def _public(self) -> None:
        ticked = self._ticked("public")
        found = Finding.OPEN if ticked is None else Finding.ROLES if ticked else Finding.CLEAR
        self._step("public", found, ticked or ())
        areas = {option.id for option in self._ticked("areas") or ()}
        if ticked and areas - _WITHOUT_RIGHTS:
            self.flags.add("rights_assessment")
        self.flags |= {option.id for option in ticked or ()}

    # ---------------------------------------------------------------- what steps share

    @staticmethod
    def _routes(product: bool | None, listed: LegalClass | None) -> bool:
        return product is True or listed is LegalClass.HIGH

    def _is_open_source(self) -> bool:
        return any(option.id == "open_source" for option in self._ticked("exclusion") or ())

    def _was_before(self, day: str) -> bool:
        since = self.answers.day("market_on")
        return since is not None and since < self.version.days[day]

    def _hit(self, question_id: str) -> tuple[Option, ...]:
        """Return what was ticked of a question, complete or not, as this version has it."""
        ids = set(self.answers.given.get(question_id, ()))
        if not ids or ids == {NONE}:
            return ()
        options = self._questions[question_id].options
        for option in options:
            if option.was and (option.was in ids or option.id in ids):
                ids |= {option.was, option.id}
        return tuple(o for o in options if o.id in ids and self._has(o))

    def _ticked(self, question_id: str) -> tuple[Option, ...] | None:
        """Return what was ticked; None where nothing was said, or a point came with a later version of the law."""
        if question_id not in self._seen:
            self._seen[question_id] = self._read(question_id)
        return self._seen[question_id]

    def _read(self, question_id: str) -> tuple[Option, ...] | None:
        said = self.answers.given.get(question_id, ())
        hit = self._hit(question_id)
        if not said or (NONE not in said and not hit):
            return None
        asked_under = self.answers.under or self.version.id
        if asked_under == self.version.id:
            return hit
        options = self._questions[question_id].options
        seen = {o.id for o in options if not o.only or asked_under in o.only}
        seen |= {o.id for o in options if o.was in seen} | {o.was for o in options if o.id in seen}
        return None if any(o.id not in seen for o in options if self._has(o)) else hit

    def _has(self, option: Option) -> bool:
        return not option.only or self.version.id in option.only

    def _less_exceptions(
        self, question_id: str, exceptions_id: str, ticked: tuple[Option, ...]
    ) -> tuple[list[Option], bool]:
        """Return what is caught for certain, and whether an exception is still open for something."""
        hit = ticked or self._hit(question_id)
        said = self.answers.given.get(exceptions_id, ())
        can = [option for option in hit if option.exception]
        caught = [option for option in hit if not option.exception or (said and option.id not in said)]
        unsure = bool(can) and not said
        if can:
            held = [option for option in can if option.id in said]
            texts = tuple(f"{option.article}: {option.exception}" for option in held)
            finding = Finding.OPEN if unsure else Finding.EXCEPTED if held else Finding.GOES_ON
            self._step(exceptions_id, finding, texts=texts)
        return caught, unsure

    def _step(
        self,
        question_id: str,
        finding: Finding,
        options: Iterable[Option] = (),
        *,
        article: str = "",
        day: str = "",
        texts: tuple[str, ...] = (),
    ) -> None:
        question, options = self._questions[question_id], tuple(options)
        if finding is Finding.OPEN and question_id not in self.open:
            self.open.append(question_id)
        said = self.answers.given.get(question_id, ())
        plain = said if question.kind in ("yes_no", "day") else tuple(point for point in said if point == NONE)
        named = tuple(f"{option.article}: {option.text}" for option in options)
        cited = article or (options[0].article if len(options) == 1 else question.article)
        key = day or (options[0].day if len(options) == 1 else question.day)
        self.steps.append(
            Step(
                question=question_id,
                article=cited,
                title=question.title,
                answers=texts or named or plain,
                finding=finding,
                version=self.version.id,
                applies_from=self.days.get(key),
            )
        )

    def _classification(self, klass: LegalClass, at_least: LegalClass) -> Classification:
        self.days["high"] = min(
            (self.days[day] for flag, day in (("listed", "annex_iii"), ("product", "annex_i")) if flag in self.flags),
            default=self.days["annex_iii"],
        )
        days = {
            LegalClass.PROHIBITED: "prohibited",
            LegalClass.HIGH: "high",
            LegalClass.EXEMPT: "annex_iii",
            LegalClass.TRANSPARENCY: "transparency",
        }
        first = days.get(at_least)
        if at_least is LegalClass.TRANSPARENCY and not self.flags & {"50(1)", "50(3)", "50(4)d", "50(4)t"}:
            first = "marking"
        if klass is LegalClass.OUTSIDE:
            self.flags.discard("system")
        return Classification(
            klass=klass,
            at_least=at_least,
            applies_from=self.days[first] if first else None,
            roles=self.roles,
            flags=frozenset(self.flags),
            steps=tuple(self.steps),
            duties=tuple(self._duty(duty) for duty in self.law.duties if self._binds(duty)),
            open=tuple(self.open),
            version=self.version.id,
        )

    def _binds(self, duty: LegalDuty) -> bool:
        return set(duty.flags) <= self.flags and (not duty.roles or bool(set(duty.roles) & set(self.roles)))

    def _duty(self, duty: LegalDuty) -> DutyFrom:
        return DutyFrom(
            id=duty.id,
            article=duty.article,
            text=duty.text,
            applies_from=self.days[duty.day],
            here=duty.here,
            note=duty.note,
        )
