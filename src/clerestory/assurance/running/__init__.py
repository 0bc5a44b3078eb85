"""What checks of a running system share: the window that is measured, columns of its logs, and its figures."""
