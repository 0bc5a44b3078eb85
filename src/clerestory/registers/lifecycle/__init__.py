"""Changes of AI systems, decided before they are made, releases, and the criteria by which processes run."""
