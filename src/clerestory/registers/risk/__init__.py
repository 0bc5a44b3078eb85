"""Risks of AI systems and of the organisation (ISO/IEC 42001 6.1.2, 6.1.3, 8.2, 8.3), in the words of ISO 31000."""
