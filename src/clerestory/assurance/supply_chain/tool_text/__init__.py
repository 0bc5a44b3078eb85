"""Tools that a language model is given: their descriptions as digests, and what is hidden in them."""
