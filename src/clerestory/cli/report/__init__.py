"""A finished run in the forms that other tools and people read. Each holds the same numbers; none judges again."""
