"""Data for AI systems (A.7): written limits of quality, descriptions of versions, the procedure of managing data."""
