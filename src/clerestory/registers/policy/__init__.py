"""Register of policies (5.2, A.2): what management laid down for building and using AI, and who confirmed it."""
