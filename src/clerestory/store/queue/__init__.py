"""The queue of jobs, as django-q2 keeps it in the database: its rows, its schedule, and how it stands."""
