"""The forms that model files come in, each read byte by byte and never loaded."""
