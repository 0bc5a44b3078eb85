"""Words of the catalogue and the registers that screens show, named here so that they are collected for translation."""

from django.utils.translation import gettext_noop as _

WORDS = (
    # subjects
    _("organisation"), _("ai system"), _("model version"), _("dataset version"), _("supplier"), _("risk"),
    _("person role"), _("document"), _("process"), _("deployment"), _("agent"),
    # stages, tiers, AI roles, what data is used for, status and origin of versions
    _("inception"), _("design and development"), _("verification and validation"), _("deployment"),
    _("operation and monitoring"), _("continuous validation"), _("re-evaluation"), _("retirement"),
    _("high"), _("limited"), _("minimal"), _("provider"), _("producer"), _("customer"), _("partner"), _("subject"),
    _("training"), _("validation"), _("test"), _("reference"), _("production"), _("retrieval"),
    _("candidate"), _("released"), _("withdrawn"), _("own"), _("public"), _("scraped"), _("user generated"),
    # roles in which people sign
    _("top management"), _("designated management"), _("risk owner"), _("accountable owner"), _("legal counsel"),
    _("member"),
    # families of checks
    _("fairness"), _("performance"), _("drift"), _("data quality"), _("poisoning"), _("robustness"), _("privacy"),
    _("explainability"), _("language models"), _("security"), _("supply chain"), _("provenance"), _("pipeline"),
    _("logging"), _("operation"), _("oversight"), _("transparency"), _("resources"), _("records"), _("inventory"),
    _("agents"), _("use"),
    # kinds of fact that this version brings in
    _("check"), _("aims description"), _("process run"), _("leadership act"), _("nil return"), _("role assignment"),
    _("role acceptance"), _("performance report"), _("data quality criteria"), _("data quality procedure"),
    _("datasheet"), _("applicability"), _("statement of applicability"), _("scope membership"), _("revocation"),
    _("erasure"), _("document approval"), _("exception approval"), _("system duties"), _("membership"),
    _("aims change"), _("aims change plan"), _("aims change review"), _("applicability trace"),
    _("data management procedure"),
    # fields of facts
    _("family"), _("criterion"), _("threshold source"), _("value"), _("low"), _("high"), _("n"), _("verdict"),
    _("reason"), _("data role"), _("slice"), _("share unassessable"), _("run mode"), _("reproduced by"),
    _("tool version"), _("config digest"), _("input digests"), _("declared"), _("name"), _("purpose"), _("owner"),
    _("stage"), _("tier"), _("ai role"), _("in scope"), _("affects people"), _("revokes"), _("approved leaf"),
    _("approver id"), _("authentication id"), _("status"), _("origin"), _("role"), _("duty"), _("holder"),
    _("about people"), _("access"), _("accountable id"), _("act"), _("affected groups"), _("architecture facts"),
    _("artefact digest"), _("autonomy level"), _("change"), _("clause family"), _("consequences"),
    _("content digest"), _("control"), _("criteria"), _("criteria met"), _("deployment context"), _("duties"),
    _("duties held"), _("duty served"), _("erased"), _("externally provided"), _("generative"), _("ground"),
    _("has ai duties"), _("has customers"), _("holder id"), _("holders"), _("how known"), _("included"),
    _("interval"), _("involves third parties"), _("jurisdictions"), _("justification"), _("keep for"),
    _("known bias"), _("labelled by people"), _("member id"), _("outcome"), _("period from"), _("period to"),
    _("plan by"), _("planned for"), _("process owner"), _("processes"), _("received by"), _("register"),
    _("resources named"), _("review by"), _("risks linked"), _("rows total"), _("rows traced"), _("rule"), _("sites"),
    _("sources"), _("standing"), _("steps"), _("suppliers"), _("topics"), _("units"), _("used by stage"),
    _("valid until"), _("version"),
    _("pushed"), _("server"), _("reproduced"),
    # files kept with records
    _("attachment"), _("record"), _("media type"), _("size"), _("digest"), _("personal"),
    # nonconformities: kinds, fields, grades, how they were found
    _("nonconformity"), _("correction"), _("cause analysis"), _("corrective action"),
    _("corrective action effectiveness"), _("similar cases"), _("grade"), _("requirement"), _("found by"),
    _("correct by"), _("cause by"), _("act by"), _("confirm by"), _("action"), _("done on"), _("responsible"),
    _("cause"), _("method"), _("effective"), _("risks reviewed"), _("recheck"), _("major nonconformity"),
    _("minor nonconformity"), _("observation"), _("opportunity for improvement"), _("entry"),
    _("enter it in the nonconformity register"),
    # monitors and their runs
    _("monitor"), _("monitor run"), _("folder"), _("hour"), _("paused reason"), _("ended"), _("planned at"),
    _("results"), _("COULD_NOT_RUN"), _("hourly"), _("daily"), _("weekly"), _("monthly"), _("watches"),
    _("reading"), _("scoring"), _("counting"), _("judging"), _("written"),
    # why nothing could be concluded
    _("insufficient data"), _("interval crosses the limit"), _("labels missing or late"), _("judge not calibrated"),
    _("assumption broken"), _("partial run"), _("too much left unjudged"), _("more than 1,000 groups"),
    # who brings what is missing
    _("run `clerestory check`"), _("run `clerestory check` and `clerestory push`"),
    _("it comes from the running system through the SDK"), _("it is recorded by the evidence log itself"),
    _("no part of this version brings it in"), _("enter it in the organisation register"),
    _("enter it in the inventory register"), _("enter it in the roles register"), _("enter it in the data register"),
    _("enter it in the applicability register"),
)  # fmt: skip
