"""Threats to AI systems as dated data: techniques of MITRE ATLAS, OWASP ids, and which facts bring them up."""
