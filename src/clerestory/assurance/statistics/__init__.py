"""Intervals: for rates, differences, ratios, gaps over many groups, areas and distances. Numbers in, numbers out."""
