"""Ways to lessen a gap between groups, and what each changes on people it did not see. No check: it judges nothing.

Weights for training (`reweighing`), thresholds per group (`thresholds`), and before and after side by side
(`comparison`). Whether a way is lawful is not decided here.
"""
