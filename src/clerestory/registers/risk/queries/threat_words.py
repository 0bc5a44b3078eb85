"""Words of threat models for people: questions with hints, threats in a sentence, states, flows."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from clerestory.catalogue.threats.fact import Answer
from clerestory.registers.risk.rules.threat import Threat, ThreatState
from clerestory.registers.risk.rules.threat_cover import CheckState, Measure, Standing

GROUPS = {
    "model": _("The model"),
    "data": _("Data"),
    "access": _("Who and what reaches it"),
    "output": _("What comes out"),
    "agent": _("What it does by itself"),
}
FACTS: dict[str, tuple[Promise, Promise]] = {
    "model_type": (_("Kind of model"), _("A system can be made of several.")),
    "model_origin": (_("Where the model comes from"), _("Also the model that yours was trained further from.")),
    "artefact_format": (_("Form of the model file"), _("Some forms can run code when they are loaded.")),
    "weights_released": (_("Are the weights given away"), _("Published, or handed to others who run it.")),
    "training_data_origin": (_("Where training data come from"), _("All that went into training or further training.")),
    "retrains_on_production_data": (
        _("Is it trained again on what users bring in"),
        _("Feedback, corrections or logged cases that become training data."),
    ),
    "personal_data": (_("Does it learn from or hold personal data"), _("In training, in retrieval or in its context.")),
    "retrieval_sources": (
        _("What it looks up while it answers"),
        _("Documents, pages or mail that become part of its input."),
    ),
    "exposure": (_("Who can reach it"), _("The widest circle counts.")),
    "query_rate_limit": (_("Is the number of requests limited"), _("Per user or key, and enforced by the server.")),
    "modality": (_("What goes in"), _("Voices, videos and faces can be faked.")),
    "secrets_in_context": (
        _("Are there secrets in its context"),
        _("Keys or passwords in prompts, settings or tool descriptions."),
    ),
    "output_detail": (_("What it tells"), _("Scores and inner values tell more about a model than a decision.")),
    "output_sink": (_("Where the output goes"), _("Output that is run or drawn by a program can act.")),
    "human_review": (_("Does a person check outputs"), _("Before or after they take effect.")),
    "tools": (_("Which tools it can call"), _("Programs that it starts by itself; none for a plain model.")),
    "tool_side_effects": (_("What its tools can change"), _("Beyond reading.")),
    "agent_memory": (_("Does it remember"), _("Across one conversation, or from one to the next.")),
    "multi_agent": (_("Does it work with other agents"), _("They send each other messages or tasks.")),
    "autonomy_level": (_("Level of autonomy"), _("From 1, it only answers, to 5, it acts without anybody.")),
}
"""Question and hint by fact."""
VALUES: dict[str, Promise] = {
    "unknown": _("we do not know"), "none": _("none"), "yes": _("yes"), "no": _("no"),
    "tabular": _("tables of features"), "vision": _("images"), "audio": _("sound"),
    "text_classifier": _("sorts texts"), "llm": _("language model"), "other": _("something else"),
    "own": _("made by us"), "third_party": _("from a supplier"), "open_weights": _("open weights"),
    "hub_download": _("downloaded from a hub"), "hosted": _("no file: run by a supplier"), "onnx": _("ONNX"),
    "safetensors": _("safetensors"), "gguf": _("GGUF"), "pickle": _("pickle"), "joblib": _("joblib"),
    "pt": _("PyTorch file"), "h5": _("HDF5"), "keras_lambda": _("Keras with Lambda layers"),
    "public": _("public data sets"), "scraped": _("collected from the web"), "user_generated": _("written by users"),
    "internal": _("inside the organisation"), "external": _("outside documents"),
    "user_upload": _("files of users"), "email": _("mail"), "web": _("web pages"),
    "offline": _("nobody: it runs offline"), "developer_endpoint": _("machines of developers"),
    "internet_api": _("an interface on the internet"), "public_product": _("a product for the public"),
    "enforced": _("yes, enforced"), "not_enforced": pgettext_lazy("limit of requests", "no"),
    "structured": _("fields of a form or table"), "text": _("text"), "image": _("pictures"), "voice": _("voices"),
    "video": _("videos"), "face": _("faces"), "decision": _("a decision or class"),
    "probabilities": _("scores or probabilities"), "logits": _("raw inner scores"), "embeddings": _("vectors"),
    "person": _("a person reads it"), "record": _("a field of another system"), "html": _("a web page"),
    "shell": _("a command line"), "sql": _("a database query"), "code_exec": _("code that is run"),
    "internal_api": _("interfaces of ours"), "search": _("search"), "files": _("files"), "mcp": _("MCP servers"),
    "write": _("writes or changes"), "delete": _("deletes"), "pay": _("pays"), "send": _("sends messages"),
    "deploy": _("puts software to work"), "session": _("within a conversation"),
    "persistent": _("from one conversation to the next"),
    "1": _("1: only answers"), "2": _("2: proposes, a person acts"), "3": _("3: acts, a person agrees to each step"),
    "4": _("4: acts, a person looks on"), "5": _("5: acts by itself"),
}  # fmt: skip
STATES = {
    ThreatState.APPLIES: _("applies"),
    ThreatState.UNASSESSED: _("unassessed"),
    ThreatState.NOT_APPLICABLE: _("not applicable"),
}
STATE_TONES = {ThreatState.APPLIES: "bad", ThreatState.UNASSESSED: "open", ThreatState.NOT_APPLICABLE: "old"}
MEASURES = {Measure.IN_PLACE: _("in place"), Measure.PLANNED: _("planned"), Measure.NOT: _("not taken")}
STANDINGS = {
    Standing.SHOWN: _("in place, shown"),
    Standing.FALLEN: _("in place no longer shown: evidence fails"),
    Standing.UNSHOWN: _("said to be in place, nothing shows it"),
    Standing.PLANNED: _("planned"),
    Standing.NOT: _("not taken"),
    Standing.UNDECIDED: _("undecided"),
}
STANDING_TONES = {
    Standing.SHOWN: "good",
    Standing.FALLEN: "bad",
    Standing.UNSHOWN: "open",
    Standing.PLANNED: "open",
    Standing.NOT: "old",
    Standing.UNDECIDED: "open",
}
CHECKS = {
    CheckState.PASS: _("passes"),
    CheckState.FAIL: _("fails"),
    CheckState.UNCLEAR: _("cannot say"),
    CheckState.OLD: _("passed, too long ago"),
    CheckState.MISSING: _("never made"),
}
CHECK_TONES = {
    CheckState.PASS: "good",
    CheckState.FAIL: "bad",
    CheckState.UNCLEAR: "open",
    CheckState.OLD: "old",
    CheckState.MISSING: "open",
}
FLOWS = {
    "input": _("Requests"),
    "training": _("Training data"),
    "feedback": _("Feedback that is learned from"),
    "supply": _("Models and parts"),
    "release": _("Released weights"),
    "retrieval": _("What is looked up"),
    "output": _("Outputs"),
    "tools": _("Calls of tools"),
    "memory": _("What is remembered"),
    "agents": _("Messages of agents"),
    "configuration": _("Settings and secrets"),
}
PLACES = {
    "users": _("Users"),
    "data": _("Training data"),
    "suppliers": _("Suppliers"),
    "model": _("The model"),
    "outside": _("Outside"),
    "retrieval": _("Retrieval"),
    "outputs": _("Outputs"),
    "tools": _("Tools"),
    "memory": pgettext_lazy("of an agent", "Memory"),
    "agents": _("Other agents"),
    "developers": _("Developers"),
}
ANSWERS = {Answer.YES: _("yes"), Answer.NO: _("no"), Answer.OPEN: _("not known")}
WHERE = {
    "system": _("the record of the system"),
    "autonomy": _("the level of autonomy in the inventory"),
    "models": _("the versions of the model"),
    "training data": _("the versions of training data"),
    "data": _("the data of the system, which are about people"),
    "agents": _("the tools of its agents"),
    "generative-no": _("the versions of the model, which make no content"),
    "generative-yes": _("the versions of the model, which make content"),
    "retrieval-data": _("data for retrieval in the inventory"),
}
REVIEWS = {
    "approved": _("approved"),
    "waiting": _("waits for approval"),
    "taken back": _("taken back"),
    "none": _("none yet"),
}
REVIEW_TONES = {"approved": "good", "waiting": "open", "taken back": "bad", "none": "open"}
MATURITY = {
    "realized": _("seen in real incidents"),
    "demonstrated": _("shown in exercises or research"),
    "feasible": _("thought possible"),
    "": _("named by OWASP"),
}
NIST = {
    "evasion": _("evasion"), "poisoning": _("poisoning"), "supply chain": _("supply chain"), "privacy": _("privacy"),
    "availability": _("availability"), "direct prompting": _("direct prompting"), "misuse": _("misuse"),
    "indirect prompt injection": _("indirect prompt injection"), "agent hijacking": _("agent hijacking"),
}  # fmt: skip
CONSEQUENCES = {
    "evasion": _("Wrong outputs are produced on purpose, and decisions rest on them."),
    "poisoning": _("The model learns what an attacker wants, and is wrong where it suits them."),
    "supply chain": _("Something that was taken in from outside runs, decides or leaks in our name."),
    "privacy": _("Personal or secret data, or the model itself, get into the wrong hands."),
    "availability": _("The system stops answering, or costs more than it is worth."),
    "direct prompting": _("The system says or does what it was told never to."),
    "misuse": _("The output harms people, or serves somebody else than its users."),
    "indirect prompt injection": _("Planted content steers answers and actions, and users do not notice."),
    "agent hijacking": _("The agent acts with our rights for somebody else, and the acts cannot be undone."),
}
"""What would follow, by class of NIST AI 100-2."""
SOURCES = {"tools": "C.3.3", "agents": "C.3.3", "memory": "C.3.3", "supply": "C.3.6", "release": "C.3.6"}
"""Source of risk by flow; machine learning where none is named."""
SENTENCES: dict[str, Promise] = {
    "AML.T0005": _("Somebody rebuilds the model from its answers and tries attacks on the copy."),
    "AML.T0010": _("A model, data set or library that we take in was tampered with."),
    "AML.T0011": _("Somebody of ours opens a model file that runs hostile code."),
    "AML.T0013": _("Somebody finds out from outputs which classes the model knows."),
    "AML.T0015": _("Inputs are shaped so that the model decides wrongly."),
    "AML.T0018": _("The model is changed or given a hidden behaviour."),
    "AML.T0019": _("A poisoned data set is published and we train on it."),
    "AML.T0020": _("Training data are poisoned before or while we collect them."),
    "AML.T0024": _("Training data or the model are drawn out through its answers."),
    "AML.T0029": _("Floods or costly requests stop the service."),
    "AML.T0031": _("The model gets worse, step by step, by inputs that are meant to do that."),
    "AML.T0034": _("Requests are made to run up our costs."),
    "AML.T0040": _("The interface is open to attackers, who can try as often as they like."),
    "AML.T0041": _("Somebody reaches what sensors see or hear, and changes it."),
    "AML.T0043": _("Inputs are computed to mislead the model."),
    "AML.T0044": _("Attackers hold the whole model and can study it at leisure."),
    "AML.T0046": _("Masses of junk wear down people and data that the model learns from."),
    "AML.T0048": _("Acts of the system harm people, property or the organisation."),
    "AML.T0050": _("Output reaches a command line or interpreter and is run."),
    "AML.T0051": _("Instructions hidden in input take the place of ours."),
    "AML.T0052": _("Faked voices, pictures or messages deceive our people."),
    "AML.T0053": _("Somebody lets the system call tools that they may not use themselves."),
    "AML.T0054": _("The rules of the model are talked away."),
    "AML.T0055": _("Keys or passwords lie where the system or an attacker can read them."),
    "AML.T0056": _("The instructions of the system are drawn out of it."),
    "AML.T0057": _("The model tells private data or secrets that it was given."),
    "AML.T0058": _("A poisoned model is published and we take it in."),
    "AML.T0059": _("Wrong entries wear down the worth of our data."),
    "AML.T0061": _("A planted prompt copies itself from agent to agent."),
    "AML.T0063": _("Details in outputs tell an attacker how to go on."),
    "AML.T0066": _("Documents are written so that retrieval finds and trusts them."),
    "AML.T0067": _("Links, citations or formatting are forged, so that users trust an answer wrongly."),
    "AML.T0068": _("Hostile instructions are disguised so that filters miss them."),
    "AML.T0070": _("Planted documents get into the index and steer answers."),
    "AML.T0071": _("An answer cites an entry that was never in our documents."),
    "AML.T0073": _("Somebody passes as another person."),
    "AML.T0076": _("A model file is broken on purpose, so that scanners pass it by."),
    "AML.T0077": _("Output is drawn as a page and sends data out by links or images."),
    "AML.T0080": _("What the agent remembers or reads is poisoned and steers it later."),
    "AML.T0081": _("Settings of the agent are changed, so that it serves somebody else."),
    "AML.T0082": _("Retrieval is used to look for keys and passwords."),
    "AML.T0083": _("Keys are read from the settings of the agent."),
    "AML.T0084": _("Tools, instructions and rights of the agent are found out."),
    "AML.T0086": _("A tool is made to carry data out."),
    "AML.T0088": _("Voices, faces or videos are faked."),
    "AML.T0092": _("The history of a conversation is changed behind the user's back."),
    "AML.T0093": _("Hostile text enters through a public form or mailbox and is read by the model later."),
    "AML.T0094": _("Planted instructions wait for a later step before they act."),
    "AML.T0098": _("Tools are used to gather keys and passwords."),
    "AML.T0099": _("A tool returns data that were planted for the agent."),
    "AML.T0100": _("Pages lure the agent into clicking or copying what harms."),
    "AML.T0101": _("The agent is made to destroy data with its tools."),
    "AML.T0102": _("The model writes harmful commands, and something runs them."),
    "AML.T0104": _("A poisoned tool is published and our agent uses it."),
    "AML.T0108": _("An agent of an attacker takes part and is trusted."),
    "AML.T0109": _("Something we trusted turns hostile with an update."),
    "AML.T0110": _("The description or code of a tool hides instructions."),
    "AML.T0111": _("A hostile model or package is made to look popular and trusted."),
    "AML.T0112": _("The machine on which the system runs is taken over."),
    "OWASP-LLM-2025:LLM09": _("The model states falsehoods that sound right, and people act on them."),
    "OWASP-ASI-2026:ASI01": _("The goal of the agent is replaced by somebody else's."),
    "OWASP-ASI-2026:ASI09": _("People trust the agent too much and let wrong outputs pass."),
    "OWASP-ASI-2026:ASI10": _("The agent leaves its task and acts on its own."),
}
"""What could happen, by threat."""


@dataclass(frozen=True, slots=True)
class RiskWords:
    """A threat in the words of a risk."""

    event: str
    source: str
    cause: str
    consequence: str


# house: allow permit-first: words for what was read with permission
def risk_words(threat: Threat, system_name: str) -> RiskWords:
    """Return what a threat says as a risk, in the language of who asks."""
    because = "; ".join(f"{FACTS[told.fact][0]}: {spoken(told.values)}" for told in threat.facts)
    source = next((SOURCES[flow] for flow in threat.flows if flow in SOURCES), "C.3.4")
    state = gettext("Unassessed, since it is not known") if threat.state is ThreatState.UNASSESSED else gettext("Since")
    ids = ", ".join(dict.fromkeys((threat.threat_id, *threat.owasp)))
    return RiskWords(
        event=f"{SENTENCES[threat.threat_id]} ({system_name})"[:300],
        source=source,
        cause=f"{threat.name} ({ids}). {state}: {because}",
        consequence="\n".join(str(CONSEQUENCES[name]) for name in threat.nist),
    )


# house: allow permit-first: words for what was read with permission
def spoken(values: tuple[str, ...]) -> str:
    """Return the values of a fact as people say them."""
    return ", ".join(str(VALUES.get(value, value)) for value in values)
