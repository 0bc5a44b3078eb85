"""One column at a time: its cells with their counts, and its numbers in sorted blocks."""
