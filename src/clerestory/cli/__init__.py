"""The command line: a shell that turns words into calls and errors into exit codes. It holds no rule."""
