"""Differentially private answers: noise that is drawn exactly, and the answers that it makes safe to give."""
