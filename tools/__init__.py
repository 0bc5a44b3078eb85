"""Tools of the house: own lint rules, claims, messages. Never imported by the product."""
