"""Architectures as tests need them, wholly known: a table model offline, an agent on the internet, and one between."""

from clerestory.catalogue.threats.fact import Facts

SCORING: Facts = {
    "model_type": ("tabular",),
    "model_origin": ("own",),
    "artefact_format": ("onnx",),
    "weights_released": ("no",),
    "training_data_origin": ("own",),
    "retrains_on_production_data": ("no",),
    "personal_data": ("yes",),
    "retrieval_sources": ("none",),
    "exposure": ("internal",),
    "query_rate_limit": ("enforced",),
    "modality": ("structured",),
    "secrets_in_context": ("no",),
    "output_detail": ("decision", "probabilities"),
    "output_sink": ("person",),
    "human_review": ("yes",),
    "tools": ("none",),
    "tool_side_effects": ("none",),
    "agent_memory": ("none",),
    "multi_agent": ("no",),
    "autonomy_level": ("2",),
}
"""A model of our own on tables of features, for officers who decide."""

AGENT: Facts = {
    **SCORING,
    "model_type": ("llm",),
    "model_origin": ("third_party",),
    "artefact_format": ("hosted",),
    "retrieval_sources": ("email", "web"),
    "exposure": ("public_product",),
    "query_rate_limit": ("not_enforced",),
    "modality": ("text",),
    "output_detail": ("text",),
    "output_sink": ("html",),
    "human_review": ("no",),
    "tools": ("search", "mcp"),
    "tool_side_effects": ("write", "send"),
    "agent_memory": ("persistent",),
    "multi_agent": ("yes",),
    "autonomy_level": ("4",),
}
"""An agent with tools for everybody on the internet."""

DOORMAN: Facts = {
    **SCORING,
    "model_type": ("vision",),
    "model_origin": ("hub_download",),
    "artefact_format": ("pickle",),
    "training_data_origin": ("public", "scraped"),
    "modality": ("video", "face"),
    "output_detail": ("embeddings",),
    "human_review": ("no",),
}
"""A model for faces, downloaded as a pickle."""
