"""What a person reads of a pack, in HTML and PDF, made from its own documents by pure code that a verifier repeats."""
