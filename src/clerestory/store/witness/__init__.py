"""What a witness keeps, in a folder of its own: its key and what it cosigned last. Needs no Django and no server."""
