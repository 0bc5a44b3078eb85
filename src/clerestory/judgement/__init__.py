"""The judge: status of each requirement from facts and rules. Pure; reads no clock, no register and no database."""
