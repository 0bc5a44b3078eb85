"""What people read of a pack is made from its documents: complete, harmless, and the same wherever it is made."""

import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from pypdf import PdfReader

from clerestory.catalogue.load import load
from clerestory.ledger import canonical
from clerestory.terms.evidence import Content, Evidence, Subject
from clerestory.terms.moment import Period
from clerestory.verify.derivation import derive
from clerestory.verify.form.layout import manifest_document, read_manifest, read_openings
from clerestory.verify.readable.account import MEANINGS, WORDS, account_of
from clerestory.verify.readable.letters import BOLD, MONO, PLAIN, width, wrapped, writable
from clerestory.verify.readable.pages import pages
from clerestory.verify.verdict import CODES, Exit
from clerestory.verify.words import CONSEQUENCES, MEANS
from tests.simulators.log import PERSON, START, MemoryLog, measured, record, small_log
from tests.simulators.pack import codes, facts_of, forged, judged, members_of, pack_of, places, zip_of

PACK = pack_of(small_log(), scope="all")
MEMBERS = members_of(PACK)


class Reader(HTMLParser):
    """Collects tags, anchors and links of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name == "href" and value]


def pdf_text(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def test_the_index_names_each_requirement_with_its_status_in_words_and_its_records():
    page = MEMBERS["index.html"].decode()
    framework = next(iter(json.loads(MEMBERS["statuses.json"])["statuses"]))
    for requirement in load().frameworks[framework].requirements:
        if requirement.assessable:
            assert f">{requirement.id}</a>" in page
            assert f"<h4>{requirement.id} " in page
    assert "not evidenced" in page and MEANINGS["CONFORMS"] in page
    assert "NOT_EVIDENCED" not in page


def test_every_link_of_the_index_leads_to_a_place_of_it_or_to_a_member_of_the_pack():
    page = Reader(MEMBERS["index.html"])
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        assert link[1:] in page.ids if link.startswith("#") else link in MEMBERS, link
    assert any(link.startswith("payloads/content/") for link in page.links)
    assert any(link.startswith("payloads/facts/") for link in page.links)


def test_the_index_runs_nothing_and_loads_nothing():
    page = Reader(MEMBERS["index.html"])
    assert not {"script", "img", "link", "iframe", "object", "form", "svg", "base"} & set(page.tags)
    assert "style" not in page.attributes and not any(name.startswith("on") for name in page.attributes)
    assert "default-src 'none'" in MEMBERS["index.html"].decode()


def test_what_somebody_typed_into_a_log_stays_text_in_each_part_for_people():
    hostile = '"><script>alert(1)</script><b onclick=x>&amp; \u202eevil\x07 (\\) Tj ET'
    log = MemoryLog()
    log.append(measured(verdict="PASS", check=hostile, note=hostile))
    log.append(record("record.policy", Content(b"<script>", "text/html"), system=hostile, verdict="PASS"))
    pack = pack_of(log, scope="all")
    members = members_of(pack)
    page = Reader(members["index.html"])
    assert "script" not in page.tags and "onclick" not in page.attributes
    assert "\u202e" not in members["index.html"].decode() and "\x07" not in members["index.html"].decode()
    assert any("<script>alert(1)</script>" in text.replace("\n", "") for text in pdf_text(members["report.pdf"]))


def test_the_report_counts_its_pages_and_names_requirements_records_and_leaves():
    texts = pdf_text(MEMBERS["report.pdf"])
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {len(texts)}" in text
        assert "clerestory.local/northlight" in text
    whole = " ".join(texts)
    for word in ("A.7.4", "not evidenced", "conforms", "entry-0", "What this report does not show", "Key (compare!)"):
        assert word in whole, word
    fact = next(fact for fact in facts_of(MEMBERS) if fact.values.get("verdict") == "PASS")
    assert fact.leaf_hash in whole.replace("\n", "")


def test_the_report_has_bookmarks_a_title_and_a_language():
    reader = PdfReader(io.BytesIO(MEMBERS["report.pdf"]))
    assert reader.metadata is not None and reader.metadata.title == "Audit pack of clerestory.local/northlight"
    assert reader.root_object["/Lang"] == "en"
    titles = [str(item.title) for item in reader.outline]
    assert "What this pack holds" in titles and "Records that the statuses rest on" in titles and len(titles) > 10


@pytest.mark.parametrize("name", ["index.html", "report.pdf", "README.txt"])
def test_a_part_for_people_that_says_otherwise_is_named(name, tmp_path):
    told = MEMBERS[name].replace(b"not evidenced", b"conforms     ", 1).replace(b"AUDIT PACK", b"GOOD PACK ", 1)
    assert told != MEMBERS[name]
    verdict = judged(zip_of(MEMBERS | {name: told}), tmp_path)
    assert (verdict.exit_code, codes(verdict), places(verdict, "E_PAGE")) == (Exit.DOES_NOT_FOLLOW, {"E_PAGE"}, name)


def test_pages_that_fit_false_claims_help_no_forger(tmp_path):
    claims = MEMBERS["statuses.json"].replace(b'"NOT_EVIDENCED"', b'"CONFORMS"', 1)
    verdict = judged(zip_of(forged(MEMBERS | {"statuses.json": claims})), tmp_path)
    assert codes(verdict) == {"E_STATUS"}


def _log_of_bank(*names: str) -> MemoryLog:
    log = small_log()
    for name in names:
        log.append(
            Evidence(
                kind="register.organisation",
                subject=Subject("organisation", "northlight"),
                produced_by=PERSON,
                observed=Period.at(START - timedelta(hours=1)),
                values={"units": (), "sites": (), "jurisdictions": ()},
                entity="organisation/northlight",
                content=Content(name.encode(), "text/plain; charset=utf-8"),
            )
        )
    return log


def test_each_part_for_people_says_the_name_that_the_newest_profile_in_the_log_gives(tmp_path):
    pack = pack_of(_log_of_bank("Northlight", "Northlight Bank <plc>"))
    members = members_of(pack)
    assert "Audit pack of Northlight Bank &lt;plc&gt;" in members["index.html"].decode()
    texts = pdf_text(members["report.pdf"])
    assert all("Northlight Bank <plc>" in text for text in texts) and "clerestory.local/northlight" in texts[0]
    assert judged(pack, tmp_path).exit_code == Exit.FINE


def test_a_name_that_the_log_does_not_hold_is_named(tmp_path):
    members = members_of(pack_of(_log_of_bank("Northlight Bank")))
    for name, data in members.items():
        if name in ("index.html", "report.pdf"):
            told = zip_of(members | {name: data.replace(b"Northlight Bank", b"Another Banken_")})
            assert places(judged(told, tmp_path), "E_PAGE") == name
    content = next(name for name in members if members[name] == b"Northlight Bank")
    verdict = judged(zip_of(members | {content: b"Another Bank"}), tmp_path)
    assert "E_CONTENT" in codes(verdict) and verdict.exit_code == Exit.DOES_NOT_FOLLOW


def test_a_pack_that_withholds_every_content_says_the_name_of_its_log(tmp_path):
    pack = pack_of(_log_of_bank("Northlight Bank"), scope="none")
    assert "Audit pack of clerestory.local/northlight" in members_of(pack)["index.html"].decode()
    assert judged(pack, tmp_path).exit_code == Exit.FINE


def test_a_pack_of_an_older_version_whose_pages_say_no_name_still_follows(tmp_path):
    members = members_of(pack_of(_log_of_bank("Northlight Bank")))
    manifest = replace(read_manifest(canonical.decode(members["manifest.json"])), page=2)
    older = forged(members | {"manifest.json": canonical.encode(manifest_document(manifest))})
    assert "Northlight Bank" not in older["index.html"].decode()
    assert judged(zip_of(older), tmp_path).exit_code == Exit.FINE


def test_a_pack_without_its_report_lacks_a_member(tmp_path):
    left = {name: data for name, data in MEMBERS.items() if name != "report.pdf"}
    assert "report.pdf" in places(judged(zip_of(left), tmp_path), "E_MEMBER")


def test_the_same_documents_give_the_same_parts_wherever_they_are_made():
    again = forged(MEMBERS)
    for name in ("index.html", "report.pdf", "README.txt"):
        assert again[name] == MEMBERS[name]


def test_the_parts_for_people_come_of_any_claims_that_a_forger_writes():
    manifest = read_manifest(canonical.decode(MEMBERS["manifest.json"]))
    openings = read_openings(canonical.decode(MEMBERS["openings.json"]))
    odd = {
        "\u202e": {"": {"conformity": 7, "because": "x", "missing": [1, {}], "coverage": [], "stale_on": {}}},
        "x": {},
    }
    made = pages(replace(manifest, origin="\x00" * 9, at="?"), odd, openings, load(), facts_of(MEMBERS))
    assert all(made.values())


def test_with_the_real_rules_a_status_stands_beside_what_is_missing():
    members = members_of(pack_of(small_log(), judge=derive))
    account = account_of(
        read_manifest(canonical.decode(members["manifest.json"])),
        json.loads(members["statuses.json"])["statuses"],
        read_openings(canonical.decode(members["openings.json"])),
        load(),
        facts_of(members),
    )
    lines = [line for section in account.sections for group in section.groups for line in group.lines]
    assert {line.status for line in lines} <= set(WORDS)
    assert all(line.missing or line.status in ("CONFORMS", "NOT_APPLICABLE") for line in lines)
    assert sum(number for _name, number, _day in account.kinds) == 12


def test_letters_that_the_report_has_no_font_for_are_written_as_numbers_and_none_is_lost():
    assert writable("Zürich – “risk” ≥ 0,8 €") == "Zürich – “risk” >= 0,8 €"
    assert writable("Łódź") == "[U+0141]ód[U+017A]"
    assert re.fullmatch(r"(\[U\+[0-9A-F]{4,6}\])+", writable("مرحبا👩"))


@pytest.mark.parametrize("font", [PLAIN, BOLD, MONO])
def test_lines_fit_and_hold_every_letter(font):
    text = "A requirement that is long enough to break, with " + "x" * 300 + " inside it."
    lines = wrapped(text, font, 9, 120)
    assert all(width(line, font, 9) <= 120.01 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_every_verdict_and_every_code_has_words_for_people():
    assert set(MEANS) == set(Exit)
    assert set(CONSEQUENCES) == set(CODES)
