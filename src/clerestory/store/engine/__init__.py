"""Engines answer requests for tallies from where the data lies. They judge nothing and reach no Django."""
