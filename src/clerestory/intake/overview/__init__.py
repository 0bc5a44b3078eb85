"""What the model of a finished run uses, asked for the run's page alone."""
