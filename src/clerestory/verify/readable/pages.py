"""The parts of a pack for people, made from the pack's own documents and from nothing else.

A verifier makes them again and compares, so that none can say what the pack does not. No script, no link outside.
"""

from collections.abc import Mapping, Sequence

from clerestory.catalogue.catalogue import Catalogue
from clerestory.terms.fact import Fact
from clerestory.verify.form.layout import INDEX, README, REPORT, Manifest, Opening
from clerestory.verify.readable.account import Claims, account_of, plain_moment
from clerestory.verify.readable.index import index_page
from clerestory.verify.readable.report import report_file
from clerestory.verify.verdict import CODES

PAGE = 3
"""Raised whenever a page changes; a verifier refuses packs whose pages it cannot make again."""
KNOWN = (2, PAGE)
"""Pages of number 2 are those of today without the organisation's name."""


def pages(
    manifest: Manifest,
    claims: Claims,
    openings: Sequence[Opening],
    catalogue: Catalogue,
    facts: Sequence[Fact],
    name: str = "",
) -> Mapping[str, bytes]:
    """Return the parts for people by the names of their members, in the order of the members.

    ``name`` is what the pack proves that the organisation calls itself, see `opening_of_name`.
    """
    account = account_of(manifest, claims, openings, catalogue, facts, name)
    return {INDEX: index_page(account), REPORT: report_file(account), README: read_me(manifest)}


def read_me(manifest: Manifest) -> bytes:
    """Return ``README.txt``: what this file is, in words that need no knowledge of it."""
    codes = "\n".join(f"  {code:<14}{meaning}" for code, (_, meaning) in CODES.items())
    return f"""AUDIT PACK of {manifest.origin}

This zip file is a complete copy of an evidence log of an AI management system.
Evidence was only ever added to the log. Each entry is sealed by a hash, all
hashes together give one value, the root, and the log's key signed that root.
Changing, removing or adding anything afterwards changes the root.

  Entries in the log        {manifest.size}
  Statuses as of            {plain_moment(manifest.at)}
  Written                   {plain_moment(manifest.written_at)}, by {manifest.tool}
  Contents in scope         {manifest.scope}

The last three lines are not signed: whoever handed this file on could have
chosen another moment or left more contents out. Entries cannot be left out.

TO READ IT      unpack it and open index.html in any browser, or report.pdf.
TO CHECK IT     install clerestory, then run
                  clerestory-verify PACK.zip --trust TRUST.json
                It needs no network. TRUST.json names the log's key. Get it from
                the owner of the log by another way than this pack: a key inside
                the pack could have been exchanged together with the pack.

WHAT IS INSIDE
  checkpoint          number of entries and root, signed (C2SP signed note)
  entries/            the entries, 256 to a file (C2SP entry bundles)
  payloads/facts/     what was judged, one line of JSON for each entry
  payloads/content/   documents and reports behind the facts, as far as in scope
  openings.json       which content is here, erased or withheld
  catalogue.json      frameworks and rules with which the statuses were derived
  statuses.json       the claimed status of every requirement
  manifest.json       what this pack says about itself
  index.html          the statuses by clause and control, with their records
  report.pdf          the same on paper; the check makes both again

WHAT IT DOES NOT PROVE
  Things that were never entered into the log. The log proves what it holds.

WHAT THE CHECK MAY SAY
{codes}
""".encode()
