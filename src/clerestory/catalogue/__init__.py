"""Frameworks, requirements, rules, kinds of fact and checks as data with version and validity, and their one loader."""
