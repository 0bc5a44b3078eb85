"""The two pages of a pack for people, made from the pack's own documents and from nothing else.

A verifier makes them again and compares, so that a page cannot say what the pack does not. No script, no link outside.
"""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape

from clerestory.catalogue.catalogue import Catalogue
from clerestory.ledger import canonical
from clerestory.verify.form.layout import Manifest, Opening, manifest_document
from clerestory.verify.verdict import CODES

PAGE = 1
"""Raised whenever a released page changes; a verifier refuses packs whose pages it cannot make again."""

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2330;--soft:#5a6372;--line:#d8dde6;--ground:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e8ebf1;--soft:#a3acba;--line:#39414f;--ground:#14181f}}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:60rem;font:16px/1.55 system-ui,sans-serif;color:var(--ink);
background:var(--ground)}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2.25rem 0 .5rem}
p{max-width:44rem}.soft{color:var(--soft)}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .75rem .4rem 0;vertical-align:top;
border-bottom:1px solid var(--line)}td.number{white-space:nowrap;font-variant-numeric:tabular-nums}
code{font:0.9em ui-monospace,monospace;overflow-wrap:anywhere}dl{display:grid;grid-template-columns:11rem 1fr;gap:.3rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}.wide{overflow-x:auto}
@media(max-width:40rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}}
"""
_WORDS = {
    "CONFORMS": "\u25cf conforms",
    "NONCONFORMING": "\u25b2 nonconforming",
    "STALE": "\u25d0 stale",
    "NOT_EVIDENCED": "\u25cb not evidenced",
    "NOT_APPLICABLE": "\u2013 not applicable",
}
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{digest}'">
<title>Audit pack of {origin}</title>
<style>{style}</style>
</head>
<body>
"""
_INTRODUCTION = """<p>This file holds the whole evidence log of an AI management system: every entry, in order, under
one signature, with the facts that were judged. The statuses below are <strong>claims</strong>. They count only once
the check has derived them again from the facts:</p>
<p><code>clerestory-verify PACK.zip --trust TRUST.json</code></p>
<p class="soft">The trust file comes from the log's owner by another way than this pack. The check needs no network and
no account.</p>
"""
_UNSIGNED = """<p class="soft">Moment, writing and scope are not signed: whoever handed this file on could have chosen
another moment or left more contents out. Entries cannot be left out.</p>
"""


def index_page(
    manifest: Manifest,
    claims: Mapping[str, Mapping[str, Mapping[str, object]]],
    openings: Sequence[Opening],
    catalogue: Catalogue,
) -> bytes:
    """Return ``index.html``: what the pack holds, what it claims, and how to check it."""
    style_digest = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
    parts = [
        _HEAD.format(digest=style_digest, style=_STYLE, origin=escape(manifest.origin)),
        f'<h1>Audit pack</h1>\n<p class="soft">{escape(manifest.origin)}</p>\n',
        _INTRODUCTION,
        _contents(manifest, openings),
        *[_framework(framework, statuses, catalogue) for framework, statuses in sorted(claims.items())],
        "</body>\n</html>\n",
    ]
    return "".join(parts).encode()


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

TO LOOK AT IT   open index.html in any browser.
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

WHAT IT DOES NOT PROVE
  Things that were never entered into the log. The log proves what it holds.

WHAT THE CHECK MAY SAY
{codes}
""".encode()


def plain_moment(text: str) -> str:
    """Return a moment of a document as people write it: ``2026-11-21 23:59:59 UTC``."""
    return f"{text[:19].replace('T', ' ')} UTC"


def _contents(manifest: Manifest, openings: Sequence[Opening]) -> str:
    states = Counter(opening.state for opening in openings)
    digest = sha256(canonical.encode(manifest_document(manifest))).hexdigest()
    content = f"{states['present']} here, {states['erased']} erased, {states['withheld']} withheld"
    rows = [
        ("Statuses as of", plain_moment(manifest.at)),
        ("Written", f"{plain_moment(manifest.written_at)} by {manifest.tool}"),
        ("Entries", str(manifest.size)),
        ("Content", f"{content} (scope: {manifest.scope})"),
        *[("Key (compare!)", key) for key in manifest.keys],
        ("Manifest", f"sha256 {digest}"),
    ]
    lines = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>\n" for term, text in rows)
    return f"<h2>What this pack holds</h2>\n<dl>\n{lines}</dl>\n{_UNSIGNED}"


def _framework(framework: str, statuses: Mapping[str, Mapping[str, object]], catalogue: Catalogue) -> str:
    known = next((item for key, item in catalogue.frameworks.items() if key == framework), None)
    order = {} if known is None else {r.id: (place, r.title) for place, r in enumerate(known.requirements)}
    titles: Mapping[str, tuple[int, str]] = {str(key): value for key, value in order.items()}
    counts = Counter(str(status.get("conformity")) for status in statuses.values())
    summary = ", ".join(f"{count} {_WORDS.get(word, word)}" for word, count in sorted(counts.items()))
    rows = "".join(
        _row(requirement, titles.get(requirement, (0, ""))[1], statuses[requirement])
        for requirement in sorted(statuses, key=lambda r: (titles.get(r, (10**9, ""))[0], r))
    )
    name = framework if known is None else known.name
    return (
        f"<h2>{escape(name)}: claimed statuses</h2>\n<p>{escape(summary)}</p>\n"
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(name)}">\n<table>\n<thead><tr>'
        '<th scope="col">Requirement</th><th scope="col">Title</th><th scope="col">Claimed status</th>'
        f'<th scope="col">Covered</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n'
    )


def _row(requirement: str, title: str, status: Mapping[str, object]) -> str:
    word = str(status.get("conformity"))
    coverage = status.get("coverage")
    covered = f"{coverage.get('have')} of {coverage.get('need')}" if isinstance(coverage, Mapping) else ""
    return (
        f'<tr><th scope="row">{escape(requirement)}</th><td>{escape(title)}</td>'
        f'<td>{escape(_WORDS.get(word, word))}</td><td class="number">{escape(covered)}</td></tr>\n'
    )
