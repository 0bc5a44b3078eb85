"""What comes from others: parts, models, tools and their terms, looked at before they are relied on."""

from clerestory.assurance.supply_chain import (
    agent_configuration,
    artefact_signature,
    licence,
    model_file_scan,
    pickle_opcodes,
    supplied_model_evaluation,
    tool_description_change,
    tool_server_pin,
    vulnerabilities,
)

__all__ = [
    "agent_configuration",
    "artefact_signature",
    "licence",
    "model_file_scan",
    "pickle_opcodes",
    "supplied_model_evaluation",
    "tool_description_change",
    "tool_server_pin",
    "vulnerabilities",
]
