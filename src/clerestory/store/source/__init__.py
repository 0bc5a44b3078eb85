"""Where tables lie beyond plain files: Delta tables, database tables, objects in a bucket. Reads; writes only copies.

What is no file is brought here once, as Parquet in a folder that only the user can read: so the data cannot change
while it is counted, every engine reads the same, and the digest is that of the rows which were counted.
"""
