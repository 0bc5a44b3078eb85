"""What comes from others: parts, models, tools and their terms, looked at before they are relied on."""

from clerestory.assurance.supply_chain import (
    artefact_signature,
    licence,
    model_file_scan,
    pickle_opcodes,
    vulnerabilities,
)

__all__ = ["artefact_signature", "licence", "model_file_scan", "pickle_opcodes", "vulnerabilities"]
