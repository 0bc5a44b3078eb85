"""The impact register (6.1.4, 8.4, A.5): what AI systems do to people and societies, judged before and while they run.

An assessment is written line by line, each with its reason; nothing of it is a box to tick.
"""
