"""The words of the field as types. Holds no rule, reads nothing, imports only the standard library."""
