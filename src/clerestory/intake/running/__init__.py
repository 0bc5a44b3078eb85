"""What a running system leaves behind, as trials ask for it: tables of its logs, and its decision log."""
