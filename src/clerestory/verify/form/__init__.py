"""The form of a pack: its zip, its members and the documents and pages in it."""
