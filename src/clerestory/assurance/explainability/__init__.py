"""Whether explanations say what the model does, stay the same, add up and can be had; and what pages draw of them."""

from clerestory.assurance.explainability import additive_residual, availability, faithfulness, stability

__all__ = ["additive_residual", "availability", "faithfulness", "stability"]
