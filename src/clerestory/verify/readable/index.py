"""``index.html``: the pack by clause and control, for any browser, phone or printer. No script, nothing loaded."""

import base64
from collections.abc import Iterator
from hashlib import sha256
from html import escape

from clerestory.verify.readable.account import MEANINGS, WORDS, Account, Group, Line, Record, Section

MARKS = {
    "CONFORMS": "\u25cf",
    "NONCONFORMING": "\u25b2",
    "STALE": "\u25d0",
    "NOT_EVIDENCED": "\u25cb",
    "NOT_APPLICABLE": "\u2013",
}
_STYLE = """
:root{color-scheme:light dark;--ink:#1d2330;--soft:#566071;--line:#d8dde6;--ground:#fff;--tint:#f4f6fa;--link:#2f49b8;
--good:#17694d;--bad:#a52d23;--old:#805600}
@media(prefers-color-scheme:dark){:root{--ink:#e8ebf1;--soft:#a9b2c0;--line:#39414f;--ground:#14181f;--tint:#1c222c;
--link:#a8b8ff;--good:#6fd3ac;--bad:#ff9d92;--old:#eec06a}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:62rem;font:16px/1.55 system-ui,sans-serif;color:var(--ink);
background:var(--ground)}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .25rem;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:3rem 0 .5rem;padding-top:.5rem}
h3{font-size:1.05rem;margin:2rem 0 .5rem}h4{font-size:1rem;margin:0}
p{max-width:44rem;margin:.5rem 0}.soft,dt,caption{color:var(--soft)}a{color:var(--link)}
.small{font-size:.875rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.45rem .75rem .45rem 0;vertical-align:top;border-bottom:1px solid var(--line);
font-weight:400}
thead th{color:var(--soft);font-size:.875rem}
tbody th{white-space:nowrap;font-variant-numeric:tabular-nums}
td.number,th.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
code{font:.85em ui-monospace,monospace;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:11rem minmax(0,1fr);gap:.25rem .75rem;margin:.5rem 0}
dd{margin:0;overflow-wrap:anywhere;white-space:pre-line}
.wide{overflow-x:auto}.status{white-space:nowrap;font-weight:600}
.conforms{color:var(--good)}.nonconforming{color:var(--bad)}.stale{color:var(--old)}
.not_evidenced,.not_applicable{color:var(--soft)}
.counts{display:flex;flex-wrap:wrap;gap:.35rem 1.5rem;list-style:none;padding:0;margin:.75rem 0}
article{border-top:1px solid var(--line);padding:1rem 0}
article>header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;justify-content:space-between}
ul.plain{margin:.25rem 0;padding-left:1.1rem}
:target{background:var(--tint);outline:.5rem solid var(--tint)}
@media(max-width:40rem){body{padding:1.25rem 1rem 3rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}
.fold,.fold tbody,.fold tr,.fold th,.fold td{display:block;border:0;padding:0;white-space:normal}
.fold thead{display:none}
.fold tr{border-bottom:1px solid var(--line);padding:.5rem 0}.fold td.number{text-align:left}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--ground:#fff;--tint:#fff;--link:#000;
--good:#000;--bad:#000;--old:#000}body{padding:0;max-width:none;font-size:10pt}h2{break-before:page}h3,h4,thead{break-after:avoid}
article,tr{break-inside:avoid}nav{display:none}a{text-decoration:none}}
"""
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; \
form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>Audit pack of {title}</title>
<style>{style}</style>
</head>
<body>
"""
_INTRODUCTION = """<p>This file holds the whole evidence log of an AI management system: every entry, in order, under
one signature, with the facts that were judged. The statuses below are <strong>claims</strong>. They count only once
the check has derived them again from the facts, and made this page and <a href="report.pdf">report.pdf</a> again:</p>
<p><code>clerestory-verify PACK.zip --trust TRUST.json</code></p>
<p class="soft">The trust file comes from the log's owner by another way than this pack. The check needs no network and
no account. Unpack the whole zip first, so that the links to facts and contents lead somewhere. Names of people are not
in the facts: they appear as ids. Not legal advice, and no certificate.</p>
"""
_UNSIGNED = """<p class="soft small">Moment, writing and scope are not signed: whoever handed this file on could have
chosen another moment or left more contents out. Entries cannot be left out.</p>
"""


def index_page(account: Account) -> bytes:
    """Return the page."""
    digest = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
    parts = [
        _HEAD.format(digest=digest, style=_STYLE, title=escape(account.title)),
        f'<header>\n<h1>Audit pack</h1>\n<p class="soft">{_user(account.title)}, as of {escape(account.at)}</p>\n',
        "</header>\n<main>\n",
        _INTRODUCTION,
        *_navigation(account),
        f'<h2 id="pack">What this pack holds</h2>\n{_pairs(account.facts)}{_UNSIGNED}',
    ]
    for number, section in enumerate(account.sections):
        parts += _section(number, section, account)
    parts += _records(account)
    parts += _kinds(account)
    parts.append("</main>\n</body>\n</html>\n")
    return "".join(parts).encode()


def _navigation(account: Account) -> Iterator[str]:
    yield '<nav aria-label="Contents">\n<ul class="counts">\n<li><a href="#pack">What this pack holds</a></li>\n'
    for number, section in enumerate(account.sections):
        yield f'<li><a href="#f{number}">{escape(section.name)}</a></li>\n'
    yield '<li><a href="#records">Records</a></li>\n<li><a href="#kinds">All entries</a></li>\n</ul>\n</nav>\n'


def _section(number: int, section: Section, account: Account) -> Iterator[str]:
    yield f'<section aria-labelledby="f{number}">\n<h2 id="f{number}">{escape(section.name)}</h2>\n'
    yield '<ul class="counts">\n'
    yield from (f"<li>{_status(status)} {count}</li>\n" for status, count in section.counts)
    yield "</ul>\n"
    yield f'<div class="wide" role="region" tabindex="0" aria-label="Index of {escape(section.name)}">\n'
    yield '<table class="fold">\n<thead><tr><th scope="col">No.</th><th scope="col">Requirement</th>'
    yield '<th scope="col">Claimed status</th><th scope="col" class="number">Covered</th>'
    yield '<th scope="col" class="number">Records</th></tr></thead>\n<tbody>\n'
    place = 0
    for group in section.groups:
        for line in group.lines:
            yield (
                f'<tr><th scope="row"><a href="#r{number}-{place}">{escape(line.id)}</a></th>'
                f"<td>{escape(line.title)}</td>"
                f'<td>{_status(line.status)}</td><td class="number">{escape(line.covered)}</td>'
                f'<td class="number">{len(line.records)}</td></tr>\n'
            )
            place += 1
    yield "</tbody>\n</table>\n</div>\n"
    place = 0
    for group in section.groups:
        yield from _group(group, number, place, account)
        place += len(group.lines)
    yield "</section>\n"


def _group(group: Group, number: int, place: int, account: Account) -> Iterator[str]:
    yield f"<h3>{escape(group.title)}</h3>\n"
    for offset, line in enumerate(group.lines):
        yield from _article(line, f"r{number}-{place + offset}", account)


def _article(line: Line, anchor: str, account: Account) -> Iterator[str]:
    title = f"{escape(line.id)} {escape(line.title)}"
    yield f'<article id="{anchor}">\n<header><h4>{title}</h4>{_status(line.status)}</header>\n'
    if line.asked:
        yield f'<p class="soft">Asked: {escape(line.asked)}</p>\n'
    yield f"<p>{escape(line.why)}</p>\n<dl>\n"
    if line.covered:
        yield f"<dt>Covered</dt><dd>{escape(line.covered)}</dd>\n"
    if line.ages:
        yield f"<dt>Ages on</dt><dd>{escape(line.ages)}</dd>\n"
    yield f"<dt>Missing</dt><dd>{_items(line.missing) if line.missing else 'nothing'}</dd>\n"
    links = [_link(account.records[number]) for number in line.records]
    links += [f"entry {_user(entry_id)}, which the log does not have" for entry_id in line.unknown]
    yield f"<dt>Records</dt><dd>{_list(links) if links else 'none'}</dd>\n</dl>\n</article>\n"


def _link(record: Record) -> str:
    outcome = f": {escape(record.outcome)}" if record.outcome else ""
    return f'<a href="#e{record.number}">{_user(record.name)}</a>{outcome}, {_user(record.about)}'


def _records(account: Account) -> Iterator[str]:
    yield '<section aria-labelledby="records">\n<h2 id="records">Records that the statuses rest on</h2>\n'
    yield (
        '<p class="soft">Each is one entry of the log. Its leaf hash is what the check derives from the entry; its '
        "facts stand word for word in the member named.</p>\n"
    )
    for number in sorted(account.records):
        yield from _record(account.records[number])
    yield "</section>\n"


def _record(record: Record) -> Iterator[str]:
    outcome = f'<span class="status">{escape(record.outcome)}</span>' if record.outcome else ""
    yield f'<article id="e{record.number}">\n<header><h4>{_user(record.name)}</h4>{outcome}</header>\n'
    if record.meaning:
        yield f'<p class="soft small">{escape(record.meaning)}</p>\n'
    yield f"<dl>\n<dt>About</dt><dd>{_user(record.about)}</dd>\n"
    yield from (f"<dt>{escape(name)}</dt><dd>{_user(text)}</dd>\n" for name, text in record.facts)
    yield f"<dt>Entry</dt><dd><code>{escape(record.entry_id)}</code>, leaf {record.position}</dd>\n"
    yield f"<dt>Leaf hash</dt><dd><code>{escape(record.leaf_hash)}</code></dd>\n"
    facts = f'<a href="{escape(record.facts_member)}">{escape(record.facts_member)}</a>'
    yield f"<dt>Facts</dt><dd>{facts}, line {record.facts_line}</dd>\n"
    member = escape(record.content_member)
    content = f'<a href="{member}">{member}</a>' if member else escape(record.content)
    yield f"<dt>Content</dt><dd>{content}</dd>\n</dl>\n</article>\n"


def _kinds(account: Account) -> Iterator[str]:
    yield '<section aria-labelledby="kinds">\n<h2 id="kinds">All entries of the log</h2>\n<table>\n<thead><tr>'
    yield '<th scope="col">Kind</th><th scope="col" class="number">Entries</th><th scope="col">Newest received</th>'
    yield "</tr></thead>\n<tbody>\n"
    for name, count, day in account.kinds:
        yield f'<tr><td>{escape(name)}</td><td class="number">{count}</td><td>{escape(day)}</td></tr>\n'
    yield "</tbody>\n</table>\n<h3>Words of the statuses</h3>\n<dl>\n"
    yield from (f"<dt>{MARKS[status]} {WORDS[status]}</dt><dd>{text}</dd>\n" for status, text in MEANINGS.items())
    yield "</dl>\n</section>\n"


def _status(status: str) -> str:
    known = status in WORDS
    word = WORDS[status] if known else status
    mark = f'<span aria-hidden="true">{MARKS[status]}</span> ' if known else ""
    return f'<span class="status {status.lower() if known else "not_evidenced"}">{mark}{escape(word)}</span>'


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    lines = "".join(f"<dt>{escape(term)}</dt><dd>{_user(text)}</dd>\n" for term, text in pairs)
    return f"<dl>\n{lines}</dl>\n"


def _items(texts: tuple[str, ...]) -> str:
    return _list([_user(text) for text in texts])


def _list(items: list[str]) -> str:
    return '<ul class="plain">' + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def _user(text: str) -> str:
    """Return text that somebody typed, kept apart in its direction."""
    return f"<bdi>{escape(text)}</bdi>"
