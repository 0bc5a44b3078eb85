"""Listed parts, published weaknesses and the versions they affect."""
