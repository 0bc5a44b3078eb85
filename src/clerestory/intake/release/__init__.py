"""Differentially private releases: figures with noise, accounted for in the ledger of a data set before they leave."""
