"""Pages of the risk register. They translate between forms and commands and hold no rule."""
