"""Types and decisions about risks: scales and criteria, what a risk must say, how it is treated, what does not fit."""
