"""Commands that work on the server's own data folder and database."""
