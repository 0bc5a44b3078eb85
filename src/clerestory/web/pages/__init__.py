"""Pages that show several concepts at once: first page, requirement board, systems, evidence, members."""
