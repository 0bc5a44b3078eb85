"""How one need is judged for one member: records, measurements, answers, order, coverage and changes."""
