"""Forms of the context. They read texts into the register's words; what may not be is refused by the commands."""
