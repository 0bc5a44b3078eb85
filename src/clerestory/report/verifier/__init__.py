"""Makes ``verify.py``: the auditor's program as one file that needs Python 3.9 and its standard library alone."""
