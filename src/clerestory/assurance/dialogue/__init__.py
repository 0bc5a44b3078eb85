"""What is said to language models and how their answers are read: corpora, markers, refusals, claims and judges.

Reads no model and sends nothing: a check yields moves (`assurance.trial`) and reads what comes back.
"""
