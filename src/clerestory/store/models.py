"""Tables of the evidence log. Rows of entries are never changed but for their position, and never deleted."""

from django.db import models


class Owned(models.Model):
    """Every row belongs to one organisation."""

    organisation = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class SubjectKey(Owned):
    """Key that seals the personal content about one subject; destroying it makes every copy unreadable."""

    subject = models.CharField(max_length=300)
    sealed_key = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "subject"],
                condition=models.Q(destroyed_at=None),
                name="store_subjectkey_one_live",
            ),
        ]


class Payload(Owned):
    """Facts or content by commitment. Small ones lie in ``body``, large ones in a file; erased ones in neither."""

    commitment = models.CharField(max_length=80)
    part = models.CharField(max_length=10)
    body = models.BinaryField(null=True)
    file = models.CharField(max_length=200, default="")
    salt = models.BinaryField(null=True)
    key = models.ForeignKey(SubjectKey, on_delete=models.PROTECT, null=True, related_name="+")
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "commitment"], name="store_payload_commitment"),
            models.CheckConstraint(condition=models.Q(part__in=["facts", "content"]), name="store_payload_part"),
            models.CheckConstraint(
                condition=models.Q(part="content") | models.Q(erased_at=None), name="store_payload_facts_stay"
            ),
        ]


class LogEntry(Owned):
    """One entry of the log. Without a position it waits in the outbox; columns besides the leaf serve search only."""

    entry_id = models.CharField(max_length=60)
    position = models.BigIntegerField(null=True)
    leaf = models.BinaryField()
    leaf_hash = models.CharField(max_length=64)
    facts = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="+", db_index=False)
    content = models.ForeignKey(Payload, on_delete=models.PROTECT, null=True, related_name="+")
    idempotency_key = models.CharField(max_length=200, null=True)
    kind = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=250)
    entity = models.CharField(max_length=300)
    actor = models.CharField(max_length=200)
    verdict = models.CharField(max_length=20, default="")
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "entry_id"], name="store_entry_id"),
            models.UniqueConstraint(fields=["organisation", "position"], name="store_entry_position"),
            models.UniqueConstraint(fields=["organisation", "leaf_hash"], name="store_entry_leaf_hash"),
            models.UniqueConstraint(fields=["organisation", "idempotency_key"], name="store_entry_idempotency"),
        ]
        indexes = [
            models.Index(fields=["organisation", "id"], name="store_entry_outbox", condition=models.Q(position=None)),
            models.Index(fields=["organisation", "-id"], name="store_entry_newest"),
            models.Index(fields=["organisation", "kind", "-id"], name="store_entry_kind"),
            models.Index(fields=["organisation", "subject_kind", "subject_id", "-id"], name="store_entry_subject"),
            models.Index(
                fields=["organisation", "verdict", "-id"], name="store_entry_verdict", condition=~models.Q(verdict="")
            ),
            models.Index(fields=["organisation", "received_at"], name="store_entry_received"),
            models.Index(fields=["organisation", "entity", "-id"], name="store_entry_entity"),
        ]


class EntryWord(models.Model):
    """A word by which an entry is found. Bytes, so that both databases sort words alike and find them by prefix."""

    organisation = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    word = models.BinaryField(max_length=60)
    entry = models.ForeignKey(LogEntry, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "word", "entry"], name="store_word"),
        ]


class LogState(models.Model):
    """Size, root and frontier of the tree that the positions of one organisation make."""

    organisation = models.OneToOneField(
        "organisation.Organisation", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    size = models.BigIntegerField(default=0)
    root = models.CharField(max_length=64)
    frontier = models.BinaryField(default=b"")
    updated_at = models.DateTimeField()


class KindCount(Owned):
    """How many placed entries of a kind there are, so that nobody counts them again."""

    kind = models.CharField(max_length=80)
    entries = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "kind"], name="store_kindcount_kind"),
        ]


class Tile(Owned):
    """Up to 256 hashes of one level of the tree (C2SP tlog-tiles); a full tile never changes."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "level", "index"], name="store_tile_place"),
        ]


class SignedCheckpoint(Owned):
    """A signed note over a size and root of the log."""

    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    note = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "size"], name="store_checkpoint_size"),
        ]


class Cosignature(Owned):
    """A witness's signature line under the checkpoint of a size, and the second that it put to it."""

    size = models.BigIntegerField()
    witness = models.CharField(max_length=400)
    line = models.TextField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "size", "witness"], name="store_cosignature_once"),
        ]


class WitnessVisit(Owned):
    """How it went when a witness was asked last: the size that it holds, the size that it cosigned, what was wrong."""

    witness = models.CharField(max_length=400)
    held = models.BigIntegerField(default=0)
    cosigned = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    problem = models.TextField(default="")
    contradicts = models.BooleanField(default=False)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "witness"], name="store_witnessvisit_once"),
        ]


class TimeToken(Owned):
    """What a time stamping authority answered about the checkpoint of a size; ``at`` is its bound, checked."""

    size = models.BigIntegerField()
    response = models.BinaryField()
    authority = models.CharField(max_length=200)
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "size"], name="store_timetoken_once"),
        ]


class StampVisit(Owned):
    """How it went when the time stamping authority was asked last without getting a token: why, and when again."""

    tries = models.PositiveIntegerField(default=0)
    problem = models.TextField(default="")
    next_try_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation"], name="store_stampvisit_once"),
        ]


class TraceLink(Owned):
    """A link from one record to another, such as a risk to the control that treats it."""

    from_kind = models.CharField(max_length=40)
    from_id = models.CharField(max_length=250)
    relation = models.CharField(max_length=40)
    to_kind = models.CharField(max_length=40)
    to_id = models.CharField(max_length=250)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "from_kind", "from_id", "relation", "to_kind", "to_id"], name="store_trace_link"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "to_kind", "to_id"], name="store_trace_to"),
        ]


class DirectoryRecord(Owned):
    """What other registers may know of a record: its label, where it is shown and who answers for it."""

    kind = models.CharField(max_length=40)
    record_id = models.CharField(max_length=250)
    label = models.CharField(max_length=300)
    url = models.CharField(max_length=400, default="")
    owner = models.CharField(max_length=60, default="")
    sought = models.TextField(default="")
    ended = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "kind", "record_id"], name="store_directory_record"),
        ]
        indexes = [
            models.Index(fields=["organisation", "kind", "label"], name="store_directory_label"),
        ]


class Handover(Owned):
    """How far a process has read the log: every place below ``position`` was handed to it."""

    process = models.CharField(max_length=40)
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "process"], name="store_handover_once"),
        ]


class HandoverTrouble(Owned):
    """An entry with which a process failed. It is tried again, and holds up no other entry meanwhile."""

    process = models.CharField(max_length=40)
    entry_id = models.CharField(max_length=60)
    tries = models.PositiveIntegerField(default=1)
    problem = models.TextField()
    failed_at = models.DateTimeField()
    next_try_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "process", "entry_id"], name="store_handover_trouble"),
        ]


class SentOnce(Owned):
    """What a person sent and what was done, by its digest, so that the same again is not done again."""

    person = models.CharField(max_length=60, blank=True)
    mark = models.CharField(max_length=64)
    led_to = models.CharField(max_length=1000, blank=True)
    sent_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person", "mark"], name="store_sent_once"),
        ]
