"""What stands before inference: a contract on inputs, mistakes to try it with, and what is far from the known."""
