"""Pages of the context. They translate between forms and commands and hold no rule."""
