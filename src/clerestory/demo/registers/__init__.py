"""What the demo's people say in the registers: data and words of the bank, written by the commands of everybody."""
