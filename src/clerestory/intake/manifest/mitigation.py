"""The table [mitigation] of a manifest: what is tried against a gap between groups, on what, and why it may be."""

from dataclasses import dataclass

from clerestory.intake.manifest.section import Place, Section

METHODS = ("reweighing", "thresholds")
EQUAL = ("selection", "true_positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class MitigationTable:
    """What [mitigation] says; what is not given comes from [data] and [model].

    ``lawful_because`` is the declared reason for thresholds per group, which are tried only with it.
    """

    methods: tuple[str, ...] = ("reweighing",)
    sensitive_feature: str | None = None
    features: tuple[str, ...] = ()
    estimator: str | None = None
    timeout_s: int = 300
    equal: str = "selection"
    threshold: float | None = None
    held_out: float = 0.5
    rows: int = 100_000
    seed: int = 0
    lawful_because: str | None = None


def read_mitigation(place: Place, values: object) -> MitigationTable:
    """Read [mitigation].

    Raises:
        ManifestUnusable: a key is unknown or of a wrong type, or thresholds per group are asked for without a reason.
    """
    section = Section(place, "mitigation", values)
    threshold = section.plain("threshold")
    if threshold is not None and isinstance(threshold, bool | str):
        raise section.error("threshold", f"[mitigation] threshold is {threshold!r}", "Give a number.")
    table = MitigationTable(
        methods=section.choices("methods", METHODS) or ("reweighing",),
        sensitive_feature=section.text_or_none("sensitive_feature"),
        features=section.texts("features"),
        estimator=section.text_or_none("estimator"),
        timeout_s=section.whole("timeout_s", 300, least=1),
        equal=section.choice("equal", EQUAL, "selection") or "selection",
        threshold=None if threshold is None else float(threshold),
        held_out=section.share("held_out", 0.5),
        rows=section.whole("rows", 100_000, least=200),
        seed=section.whole("seed", 0, least=0),
        lawful_because=section.text_or_none("lawful_because"),
    )
    section.close()
    if "thresholds" in table.methods and table.lawful_because is None:
        raise section.error(
            "methods",
            "[mitigation] asks for thresholds per group without a reason why they are lawful",
            'Give lawful_because = "...": to decide on people by their group may be unlawful disparate treatment.',
        )
    if not 0.1 <= table.held_out <= 0.9:
        raise section.error("held_out", f"[mitigation] held_out is {table.held_out:g}", "Give 0.1 to 0.9.")
    return table
