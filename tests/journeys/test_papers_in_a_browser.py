"""Papers are offered where people look for them, and the index of a pack reads well in a browser that runs nothing."""

from pathlib import Path
from typing import Any

import pytest

from clerestory.verify.derivation import derive
from tests.simulators.browser import check, shot, window
from tests.simulators.log import small_log
from tests.simulators.pack import members_of, pack_of
from tests.web.conftest import Place


@pytest.mark.browser
@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_a_record_a_requirement_and_the_board_offer_their_papers(
    furnished: Place, chromium: Any, live_server: Any, look: str
) -> None:
    with window(chromium, live_server.url, look, furnished.client("admin")) as page:
        for name, address in (
            ("record", "/inventory/systems/credit-scoring/"),
            ("why", "/requirements/iso42001-2023/A.6.2.4/"),
            ("board", "/requirements/"),
        ):
            page.goto(address)
            if name != "record":
                page.get_by_text("Export" if name == "board" else "Print or export", exact=True).first.click()
            page.locator("[href*='export=docx']:visible").first.wait_for()
            check(page, f"papers {name} {look}")
            shot(page, f"papers-{name}-{look}")
            with page.expect_download() as download:
                page.locator("[href*='export=pdf']:visible").first.click()
            assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


@pytest.mark.browser
@pytest.mark.parametrize("look", ["light", "phone-dark"])
def test_the_index_of_a_pack_has_no_fault_and_fits_the_window(chromium: Any, tmp_path: Path, look: str) -> None:
    for name, data in members_of(pack_of(small_log(), scope="all", judge=derive)).items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    with window(chromium, "", look) as page:
        page.goto((tmp_path / "index.html").as_uri())
        check(page, f"pack {look}")
        shot(page, f"pack-index-{look}")
        page.get_by_role("link", name="A.7.4").first.click()
        page.get_by_role("heading", name="A.7.4").wait_for()
        page.get_by_role("link", name="report.pdf").first.wait_for()
