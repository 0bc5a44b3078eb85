"""What the impact register asks people for."""
