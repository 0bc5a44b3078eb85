"""AI systems, versions of models and versions of data sets: what there is, whose it is and how far it has come."""
