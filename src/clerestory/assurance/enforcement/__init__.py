"""The policy of an agent as a file, the attempts that follow from it, and what is made of those that got through."""
