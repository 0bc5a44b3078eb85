"""What monitors look at besides a manifest's own data: the decisions of the last days, and the files themselves."""
