"""Pages of the impact register. They translate between forms and commands and hold no rule."""
