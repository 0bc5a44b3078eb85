"""What a transformed table still tells of its people, attacked with the original, and what it is still good for."""
