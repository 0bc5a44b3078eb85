"""What training and test data have in common, and what single columns tell of the label."""
