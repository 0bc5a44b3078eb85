"""Systems out of a file: tried first, reported by row and field, then all or none."""

import io
import zipfile
from datetime import timedelta

import pytest
import xlsxwriter

from clerestory.desk.lists import ListQuery
from clerestory.desk.permit import NotPermitted
from clerestory.jobs.queue import perform
from clerestory.registers.inventory import models, queries
from clerestory.registers.inventory.commands import ImportRefused, begin_import, import_systems, try_import
from clerestory.registers.inventory.rules import Tier
from clerestory.registers.inventory.rules.imported import FileUnreadable, Sheet, read_rows, read_sheet
from clerestory.store import log
from clerestory.store.log import Search
from tests.organisation import NOW
from tests.registers.records import register

HEAD = "Title,What it is for,Responsible,Where it is used,Affects people,Autonomy,Supplier"
GOOD = (
    "Minutes,Summarise our meetings,owner@example.org,none of these,no,1,\n"
    "Hiring,Rank applicants,Ada Owner,employment,yes,2,Acme"
)


def sheet(*rows, head=HEAD):
    return read_sheet("\n".join((head, *rows)).encode(), "systems.csv")


def xlsx(rows):
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return read_sheet(body.getvalue(), "systems.xlsx")


def test_a_dry_run_writes_nothing_and_the_import_registers_every_row(actor):
    tried = try_import(actor=actor, sheet=sheet(GOOD))
    assert (tried.is_right, tried.rows, tried.registered) == (True, 2, 0)
    assert not models.AISystem.objects.exists()
    done = import_systems(actor=actor, sheet=sheet(GOOD), now=NOW)
    assert (done.registered, done.is_done) == (2, True)
    hiring = queries.ai_system(actor, "hiring")
    assert (hiring.tier, hiring.system.suppliers, hiring.system.assumed) == (Tier.HIGH, ("Acme",), ("stage",))
    assert log.search(actor.organisation_id, Search(kind="register.ai_system")).total == 2


def test_a_workbook_says_the_same_as_text(actor):
    rows = [line.split(",") for line in (HEAD, *GOOD.split("\n"))]
    assert xlsx(rows) == sheet(GOOD)
    assert xlsx([["Name", "Purpose", "Owner", "Autonomy"], ["A", "b", "c", 2]]).rows == ((2, ("A", "b", "c", "2")),)


def test_every_wrong_row_is_named_with_its_field_and_nothing_is_imported(actor):
    register(actor)
    wrong = sheet(
        "Minutes,Summarise,owner@example.org,none of these,no,1,",
        ",Summarise,nobody@example.org,astrology,perhaps,9,",
        "Loans,,owner@example.org,credit,,2,",
        "Stars,Look up,owner@example.org,astrology,,,",
        "Deep,Look down,owner@example.org,,,eleven,",
    )
    tried = try_import(actor=actor, sheet=wrong)
    assert {(one.row, one.field) for one in tried.problems} == {
        (3, "name"), (3, "owner"), (3, "affects_people"), (4, "purpose"), (5, "use_areas"), (6, "autonomy_level"),
    }  # fmt: skip
    assert all(one.problem and one.remedy for one in tried.problems)
    with pytest.raises(ImportRefused, match="Row 3"):
        import_systems(actor=actor, sheet=wrong, now=NOW)
    assert queries.ai_systems(actor, ListQuery()).total == 1


def test_duplicates_in_the_file_and_against_the_inventory_are_named_and_noted(actor):
    register(actor)
    twice = sheet("Credit-Scoring,Rank loans,owner@example.org,credit,,2,", "Hiring,Rank,owner@example.org,,,,",
                  "Hiring,Rank,owner@example.org,,,,")  # fmt: skip
    tried = try_import(actor=actor, sheet=twice)
    assert {(one.row, one.other_id) for one in tried.duplicates} == {(2, "credit-scoring"), (4, "hiring")}
    import_systems(actor=actor, sheet=twice, now=NOW)
    assert queries.open_pairs(actor) == 2


def test_an_id_that_is_taken_or_stands_twice_is_told_with_where(actor):
    register(actor)
    head = "Name,Purpose,Owner,Id"
    taken = sheet("A,b,owner@example.org,credit-scoring", "C,d,owner@example.org,x", "E,f,owner@example.org,x",
                  head=head)  # fmt: skip
    said = [one.problem for one in try_import(actor=actor, sheet=taken).problems]
    assert said == ["'credit-scoring' is in the inventory already.", "'x' is in row 3 of the file already."]


def test_columns_that_were_named_by_hand_are_remembered(actor):
    odd = "Spalte 1,Spalte 2,Spalte 3"
    first = try_import(actor=actor, sheet=sheet("A,b,owner@example.org", head=odd))
    assert [one.field for one in first.problems] == ["name", "purpose", "owner"]
    mapping = {"name": "Spalte 1", "purpose": "Spalte 2", "owner": "Spalte 3"}
    import_systems(actor=actor, sheet=sheet("A,b,owner@example.org", head=odd), mapping=mapping, now=NOW)
    again = try_import(actor=actor, sheet=sheet("Planner,Plan tours,owner@example.org", head=odd))
    assert (again.is_right, dict(again.mapping)) == (True, mapping)


def test_a_long_file_is_imported_by_a_job_once_in_the_name_of_who_handed_it_in(actor):
    rows = [
        f"Tool {number},Sort letters of unit {number},owner@example.org,none of these,no,1," for number in range(320)
    ]
    begun = begin_import(actor=actor, sheet=sheet(*rows), file_name="long.csv", now=NOW)
    assert (begun.is_done, begun.run_id is not None) == (False, True)
    assert queries.import_run(actor, begun.run_id).state == "waiting"
    for _again in range(2):
        perform("import_systems", actor.organisation_id, str(begun.run_id))
    assert queries.import_run(actor, begun.run_id).state == "done"
    assert queries.ai_systems(actor, ListQuery()).total == 320


@pytest.mark.parametrize(
    "body, word",
    [
        (b"", "empty"), (b"  \n ", "empty"), (b"\xff\xfe\x00\x01", "UTF-8"), (b"PK\x03\x04rubbish", "XLSX"),
        (b"%PDF-1.7 \x00", "text"), (b"Name,Name\na,b", "twice"), (b'Name,Purpose\n"open,b', "CSV"),
        (b"Name\n" + b"x\n" * 20_001, "rows"), (b",,,\n,,", "no rows"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_with_what_to_do(body, word):
    with pytest.raises(FileUnreadable, match=word) as refusal:
        read_sheet(body, "file.csv")
    assert refusal.value.remedy


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "<script>alert(1)</script>", "مساعد الائتمان", "a\u200db"])
def test_formulas_markup_and_foreign_letters_are_kept_as_text(actor, name):
    import_systems(actor=actor, sheet=sheet(f"{name},Help,owner@example.org,,,,"), now=NOW)
    assert queries.ai_systems(actor, ListQuery()).rows[0].system.name == name


def test_a_name_of_ten_thousand_letters_or_with_control_characters_is_told_by_row(actor):
    bad = sheet(f"{'n' * 10_000},Help,owner@example.org,,,,", "a\u202eb,Help,owner@example.org,,,,")
    assert [(one.row, one.field) for one in try_import(actor=actor, sheet=bad).problems] == [(2, "name"), (3, "name")]


def test_only_who_may_write_imports(actor, member):
    viewer = member("viewer", (), "reader@example.org")
    for command in (try_import, import_systems):
        with pytest.raises(NotPermitted):
            command(actor=viewer, sheet=sheet(GOOD))


def test_ten_thousand_rows_of_which_some_are_wrong_are_read_in_seconds(actor):
    import time

    rows = [f"Tool {n},Sort {n},{'owner' if n % 100 else 'nobody'}@example.org,,,," for n in range(10_000)]
    began = time.process_time()
    tried = try_import(actor=actor, sheet=sheet(*rows))
    assert len(tried.problems) == 100
    assert timedelta(seconds=time.process_time() - began) < timedelta(seconds=20)


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def packed(sheet: str) -> bytearray:
    """Return a workbook of one sheet, with one text that its cells share."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", sheet)
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}"><si><t>Name</t></si></sst>')
    return bytearray(body.getvalue())


def marked(offset: int, entry: int, value: int) -> bytes:
    """Return a workbook whose headers, before the file and in the list of files, hold a value at an offset."""
    body = packed("<worksheet/>")
    body[body.find(b"PK\x03\x04") + offset] |= value
    body[body.find(b"PK\x01\x02") + entry] |= value
    return bytes(body)


@pytest.mark.parametrize(
    "body", [marked(6, 8, 1), marked(8, 10, 99), bytes(packed("<a/>")).replace(b"\xb3I", b"\xff\xff"),
             bytes(packed(f'<worksheet xmlns="{MAIN}"><row r="1"><c t="s"><v>-1</v></c></row></worksheet>')),
             bytes(packed("<worksheet>" + "<c/>" * 5_000_001 + "</worksheet>")),
             bytes(packed('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'))],
    ids=["locked", "packed otherwise", "broken", "counted from the end", "too many cells", "own entities"],
)  # fmt: skip
def test_a_workbook_that_is_locked_broken_or_a_bomb_is_refused_with_what_to_do(body):
    with pytest.raises(FileUnreadable, match="no XLSX that can be read"):
        read_sheet(body, "systems.xlsx")


def test_entities_hidden_in_another_encoding_are_refused():
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", text.encode("utf-16"))
    with pytest.raises(FileUnreadable, match="no XLSX that can be read"):
        read_sheet(body.getvalue(), "systems.xlsx")


def test_many_systems_of_one_name_get_ids_without_counting_through_all_of_them(actor):
    rows = tuple((n, ("Same", "Rank things", "a@b.c")) for n in range(2, 6002))
    told = read_rows(
        Sheet(("name", "purpose", "owner"), rows), {n: n for n in ("name", "purpose", "owner")},
        {"a@b.c": actor.person_id}, {"same-2"},
    )  # fmt: skip
    assert [one.system.system_id for one in told.systems[:3]] == ["same", "same-3", "same-4"]
    assert len({one.system.system_id for one in told.systems}) == 6000
