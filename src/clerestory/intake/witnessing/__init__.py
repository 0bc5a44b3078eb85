"""Cosignatures come in: the witnesses of a log are asked for them over the network."""
