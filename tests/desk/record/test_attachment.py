"""A file is kept as what its bytes are, by its digest in the log; nothing of it is shown in the product's place."""

import io
import json
import zipfile
from hashlib import sha256

import pytest

from clerestory.desk.approval import ApprovalRefused
from clerestory.desk.permit import NotAuthenticatedAnew, NotPermitted
from clerestory.desk.record.attachment import AttachmentUnknown, attach, attachments, detach, file_of
from clerestory.desk.record.known import RecordUnknown
from clerestory.desk.record.upload import AttachmentRefused, clean_name, media_type_of
from clerestory.store import evidence, log
from clerestory.store.evidence.shape import EvidenceRefused
from clerestory.store.unit import atomic
from tests.desk.record.conftest import SYSTEM
from tests.organisation import NOW

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(20)


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


FITS = {
    "a.pdf": b"%PDF-1.7\n", "a.png": PNG, "a.jpg": b"\xff\xd8\xff\xe0", "A.JPEG": b"\xff\xd8\xff\xe1",
    "a.docx": archive("[Content_Types].xml", "word/document.xml"),
    "a.xlsx": archive("[Content_Types].xml", "xl/workbook.xml"),
    "a.csv": "Größe;1\n".encode("cp1252"), "a.txt": "שלום".encode(), "a.md": b"# Title <b>", "a.json": b'{"a": [1]}',
    "a.zip": archive("anything"),
}  # fmt: skip
MISFITS = {
    "empty.pdf": b"", "page.html": b"<html>", "image.svg": b"<svg/>", "run.exe": b"MZ", "noending": b"text",
    "a.pdf": b"<html>%PDF-", "a.png": b"\xff\xd8\xff", "a.jpg": PNG, "a.docx": archive("word/document.xml"),
    "b.docx": archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "a.xlsx": archive("[Content_Types].xml", "word/document.xml"), "b.xlsx": b"PK\x03\x04 broken",
    "a.csv": b"a,b\x00c", "a.txt": b"  <!DOCTYPE html><script>", "a.md": b"<svg onload=alert(1)>",
    "a.json": b"{not json", "b.json": b"[" * 100_000, "a.zip": b"PK\x05\x06", "a.pdf.exe": b"%PDF-1.7",
}  # fmt: skip


def keep(actor, name="plan.txt", body=b"The plan", **more):
    return attach(actor=actor, kind=SYSTEM[0], record_id=SYSTEM[1], name=name, body=body, now=NOW, **more)


@pytest.mark.parametrize("name", FITS)
def test_a_file_whose_bytes_are_what_its_name_says_is_kept(name):
    assert "/" in media_type_of(name, FITS[name])


@pytest.mark.parametrize("name", MISFITS)
def test_a_file_of_the_wrong_type_empty_or_disguised_is_refused_with_a_remedy(name):
    with pytest.raises(AttachmentRefused) as refused:
        media_type_of(name, MISFITS[name])
    assert refused.value.remedy


def test_a_file_over_the_limit_is_refused(settings):
    settings.LARGEST_ATTACHMENT = 10
    with pytest.raises(AttachmentRefused, match="larger than"):
        media_type_of("a.txt", b"x" * 11)
    assert media_type_of("a.txt", b"x" * 10) == "text/plain"


@pytest.mark.parametrize(
    "sent, kept",
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\ada\\plan.pdf", "plan.pdf"),
        ("in\u202efdp.txt", "infdp.txt"),
        ('a"b\r\nX: y.txt', 'a"bX: y.txt'),
        ("x" * 300 + ".pdf", "x" * 140 + ".pdf"),
        ("", "file"),
    ],
)
def test_a_name_keeps_no_folder_and_no_character_that_is_not_shown(sent, kept):
    assert clean_name(sent) == kept


def test_a_file_is_an_entry_that_commits_to_its_digest(owner):
    entry_id = keep(owner)
    record = log.entry(owner.organisation_id, entry_id)
    digest = "sha256:" + sha256(b"The plan").hexdigest()
    assert record.fact.values["digest"] == digest == record.content_commitment
    assert record.fact.values["record"] == "ai_system/credit-scoring"
    assert str(record.fact.subject) == "ai_system:credit-scoring"
    assert file_of(owner, *SYSTEM, entry_id) == ("plan.txt", "text/plain", b"The plan")
    (kept,) = attachments(owner, *SYSTEM, {owner.person_id: "Ada"})
    assert (kept.who, kept.size, kept.digest, kept.removed_at) == ("Ada", 8, digest, None)


def test_a_file_of_a_record_that_no_rule_knows_belongs_to_the_organisation(owner):
    entry_id = attach(actor=owner, kind="control", record_id="A.7.4", name="a.txt", body=b"x", now=NOW)
    assert log.entry(owner.organisation_id, entry_id).fact.subject.kind == "organisation"


def test_the_log_tells_neither_name_nor_digest_of_a_personal_file(owner):
    entry_id = keep(owner, "cv of jane doe.txt", b"Jane Doe", personal=True)
    record = log.entry(owner.organisation_id, entry_id)
    assert "digest" not in record.fact.values and "name" not in record.fact.values
    assert b"jane" not in record.facts.lower() + record.leaf.lower()
    assert sha256(b"Jane Doe").hexdigest() not in record.content_commitment
    assert file_of(owner, *SYSTEM, entry_id)[2] == b"Jane Doe"
    with atomic():
        evidence.erase([entry_id], ground="GDPR Art. 17", person=owner.person(), organisation_id=owner.organisation_id)
    assert attachments(owner, *SYSTEM, {})[0].erased
    with pytest.raises(AttachmentUnknown, match="erased"):
        file_of(owner, *SYSTEM, entry_id)


def test_a_file_is_taken_away_with_a_reason_and_stays_in_the_log(owner):
    entry_id = keep(owner)
    with pytest.raises(EvidenceRefused, match="no reason"):
        detach(actor=owner, entry_id=entry_id, reason="  ")
    assert attachments(owner, *SYSTEM, {})[0].removed_at is None
    detach(actor=owner, entry_id=entry_id, reason="The wrong plan.")
    (kept,) = attachments(owner, *SYSTEM, {})
    assert kept.reason == "The wrong plan."
    found = log.search(owner.organisation_id, log.Search(kind="record.revocation"))
    assert found.total == 1
    with pytest.raises(ApprovalRefused):
        detach(actor=owner, entry_id=entry_id, reason="Again.")


def test_taking_a_file_away_asks_for_a_recent_proof_of_identity(owner):
    from dataclasses import replace

    entry_id = keep(owner)
    with pytest.raises(NotAuthenticatedAnew):
        detach(actor=replace(owner, authentication_id=None), entry_id=entry_id, reason="x")


def test_a_viewer_reads_files_and_brings_none(owner, reader):
    entry_id = keep(owner)
    assert file_of(reader, *SYSTEM, entry_id)[2] == b"The plan"
    with pytest.raises(NotPermitted):
        keep(reader)
    with pytest.raises(NotPermitted):
        detach(actor=reader, entry_id=entry_id, reason="x")


def test_the_files_of_one_organisation_are_not_there_for_another(owner, stranger):
    entry_id = keep(owner)
    assert attachments(stranger, *SYSTEM, {}) == ()
    with pytest.raises(AttachmentUnknown):
        file_of(stranger, *SYSTEM, entry_id)
    with pytest.raises(AttachmentUnknown):
        detach(actor=stranger, entry_id=entry_id, reason="x")
    with pytest.raises(AttachmentUnknown):
        file_of(owner, "control", "A.7.4", entry_id)
    with pytest.raises(RecordUnknown):
        attach(actor=owner, kind="ai_system", record_id="elsewhere", name="a.txt", body=b"x")


def test_nothing_is_logged_where_a_file_is_refused(owner):
    before = log.search(owner.organisation_id, log.Search()).total
    with pytest.raises(AttachmentRefused):
        keep(owner, "a.json", b"{")
    assert log.search(owner.organisation_id, log.Search()).total == before
    assert json.dumps(attachments(owner, *SYSTEM, {})) == "[]"
