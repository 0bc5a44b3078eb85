"""The figures that the product promises, each measured by one module."""
