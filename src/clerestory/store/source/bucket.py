"""Objects in a bucket that speaks S3, read by Polars' own object store and brought as Parquet.

Keys and region come from AWS_ACCESS_KEY_ID and the other usual variables of the environment, never from the address.
"""

from pathlib import Path
from urllib.parse import urlsplit

from clerestory.store.source.trouble import SourceUnreadable, first_line

SUFFIXES = (".parquet", ".pq", ".csv", ".csv.gz", ".arrow", ".feather")


def bring_bucket(address: str, folder: Path) -> tuple[Path, ...]:
    """Write the rows of an object, or of all that a glob names, to a folder in their order; return the files.

    Raises:
        SourceUnreadable: there is no such object, it may not be read, or it is no table.
    """
    import polars as pl

    parts = urlsplit(address)
    if parts.username or parts.password or parts.query:
        raise SourceUnreadable(
            "An address of a bucket holds keys or settings.", "Write s3://bucket/key; keys stand in the environment."
        )
    suffix = next((known for known in SUFFIXES if address.lower().endswith(known)), None)
    if not parts.netloc or suffix is None:
        raise SourceUnreadable(
            f"{address} names no table in a bucket.", f"Write s3://bucket/key with a key that ends in {SUFFIXES[0]}."
        )
    out = folder / "rows.parquet"
    try:
        if suffix in (".parquet", ".pq"):
            frame = pl.scan_parquet(address, hive_partitioning=False)
        elif suffix in (".arrow", ".feather"):
            frame = pl.scan_ipc(address)
        else:
            frame = pl.scan_csv(address, try_parse_dates=True, infer_schema_length=10_000)
        frame.sink_parquet(out)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise SourceUnreadable(
            f"{address} cannot be read: {first_line(error)}.",
            "Correct bucket and key, and give AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION.",
        ) from error
    return (out,)
