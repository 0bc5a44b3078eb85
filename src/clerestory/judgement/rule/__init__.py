"""Rules judged for their whole population, what they add up to, and whom a new entry bears on."""
