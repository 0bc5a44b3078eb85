"""Checks one pack from end to end and gives the verdict. Trusts nothing in the pack: keys come from outside."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path

from clerestory.catalogue.catalogue import Catalogue
from clerestory.ledger import canonical
from clerestory.ledger.tile import WIDTH
from clerestory.terms.fact import Document
from clerestory.terms.moment import MomentUnreadable, moment_text, read_moment
from clerestory.verify.authenticity import Seal, authenticity, check_roots, check_seal, read_seal, witnesses
from clerestory.verify.content import SCOPES, Contents, check_contents, holds
from clerestory.verify.derivation import Claims, Judge, check_catalogue, check_statuses, derive, read_statuses
from clerestory.verify.form import bounds, layout
from clerestory.verify.form.archive import MOST_MEMBERS, Archive, ArchiveMalformed, MemberDamaged
from clerestory.verify.log import ASK, Walked, reconciled, walk
from clerestory.verify.readable.naming import LONGEST, opening_of_name, read_name
from clerestory.verify.readable.pages import KNOWN, pages, read_me
from clerestory.verify.time.proven import time
from clerestory.verify.time.stamps import Stamps, check_stamps
from clerestory.verify.trust import Trust
from clerestory.verify.verdict import Exit, Findings, Verdict, unreadable

BEYOND = "rows never logged: not provable by a pack"


def verify(path: Path, trust: Trust | None = None, *, earlier: Sequence[Path] = (), judge: Judge = derive) -> Verdict:
    """Check a pack: log, signature, facts, contents, catalogue and every claimed status.

    ``earlier`` names packs or checkpoints of the same log that were received before; the log must extend them all.
    """
    try:
        seen = [(file.name, _seen(file)) for file in earlier]
        with path.open("rb") as file:
            return _Check(Archive(file), trust, seen, judge).verdict()
    except ArchiveMalformed as error:
        return unreadable("E_PACK", error.where, error.problem, error.remedy)
    except layout.PackUnreadable as error:
        code = "E_VERSION" if error.version else "E_PACK"
        return unreadable(code, error.where, error.problem, error.remedy)
    except OSError as error:
        return unreadable(
            "E_PACK",
            str(error.filename or path),
            f"The file cannot be read: {error.strerror}.",
            "Check the path and that you may read it.",
        )


class _Check:
    def __init__(self, archive: Archive, trust: Trust | None, seen: Sequence[tuple[str, Seal]], judge: Judge) -> None:
        self.archive, self.trust, self.seen, self.judge = archive, trust, seen, judge
        self.findings = Findings()
        self.digests: dict[str, str] = {}

    def verdict(self) -> Verdict:
        held = (m.size for m in self.archive.members.values() if not layout.content_member(m.name))
        if sum(held) > layout.LARGEST_LOG:
            raise layout.PackUnreadable("directory", "The log of the pack is larger than this verifier reads.")
        manifest_bytes = self._member(layout.MANIFEST, layout.LARGEST_DOCUMENT)
        manifest = layout.read_manifest(_manifest(manifest_bytes, len(self.archive.members)))
        _known_page(manifest)
        openings = self._openings()
        seal = read_seal(self._member(layout.CHECKPOINT, layout.LARGEST_DOCUMENT), self.findings)
        self._names(seal, manifest, openings)
        sizes = [earlier.checkpoint.size for _, earlier in self.seen if earlier.checkpoint is not None]
        sizes += self._token_sizes(seal)
        walked = walk(self._pieces(), sizes, self.findings)
        seal = check_seal(seal, manifest, self.trust, walked, self.findings)
        check_roots(seal, walked, self.seen, self.findings)
        stamps = self._stamps(seal, walked)
        contents = self._contents(openings, manifest, walked)
        catalogue, catalogue_part = self._catalogue()
        claims, derivation = self._derivation(manifest, walked, catalogue)
        self._pages(manifest, claims, openings, catalogue, walked)
        self._digests(manifest)
        when = time(seal, walked, self.trust, stamps)
        return self._written(seal, manifest, walked, contents, {**derivation, "catalogue": catalogue_part}, when)

    def _member(self, name: str, limit: int) -> bytes:
        member = self.archive.members.get(name)
        if member is None:
            return b""
        if member.size > limit:
            self.findings.add("E_MEMBER", name, f"{name} is far larger than such a member can be.", ASK)
            return b""
        parts: list[bytes] = []
        try:
            for part in self.archive.chunks(name):
                parts.append(part)  # noqa: PERF402 -- what was unpacked before damage is still looked at
        except MemberDamaged as error:
            self.findings.add("E_MEMBER", name, error.problem, error.remedy)
        data = b"".join(parts)
        self.digests[name] = "sha256:" + sha256(data).hexdigest()
        return data

    def _document(self, name: str, code: str, most: int) -> Document | None:
        data = self._member(name, layout.LARGEST_DOCUMENT)
        try:
            return bounds.decode(data, most)
        except canonical.NotCanonical as error:
            self.findings.add(code, name, error.problem if data else f"{name} is missing or empty.", ASK)
            return None

    def _most_entries(self) -> int:
        return WIDTH * sum(name.startswith("entries/") for name in self.archive.members)

    def _openings(self) -> tuple[layout.Opening, ...]:
        document = self._document(layout.OPENINGS, "E_CONTENT", bounds.opening_values(self._most_entries()))
        try:
            return () if document is None else layout.read_openings(document)
        except layout.PackUnreadable as error:
            self.findings.add("E_CONTENT", error.where, error.problem, error.remedy)
            return ()

    def _names(self, seal: Seal, manifest: layout.Manifest, openings: Sequence[layout.Opening]) -> None:
        size = manifest.size if seal.checkpoint is None else seal.checkpoint.size
        if size > MOST_MEMBERS * WIDTH:
            raise layout.PackUnreadable(layout.MANIFEST, f"A pack cannot hold {size} entries.")
        expected = list(layout.member_names(size, openings, layout.token_sizes(self.archive.members, size)))
        found = list(self.archive.members)
        for name in sorted(set(expected) - set(found)):
            self.findings.add("E_MEMBER", name, f"{name} is missing.", ASK)
        for name in sorted(set(found) - set(expected)):
            self.findings.add("E_MEMBER", name, f"{name} does not belong into this pack.", ASK)
        if found != expected and set(found) == set(expected):
            odd = next(name for name, other in zip(found, expected, strict=True) if name != other)
            self.findings.add("E_MEMBER", odd, "The members are not in the order of a pack.", ASK)

    def _token_sizes(self, seal: Seal) -> tuple[int, ...]:
        return layout.token_sizes(self.archive.members, 0 if seal.checkpoint is None else seal.checkpoint.size)

    def _stamps(self, seal: Seal, walked: Walked) -> Stamps:
        """Check the time tokens; without an authority that the reader named nothing is said about them."""
        held = {size: self._member(layout.token_name(size), layout.LARGEST_TOKEN) for size in self._token_sizes(seal)}
        return check_stamps(held, seal, walked, () if self.trust is None else self.trust.authorities, self.findings)

    def _pieces(self) -> Iterator[tuple[bytes, bytes]]:
        bundles = [name for name in self.archive.members if name.startswith("entries/")]
        facts = [name for name in self.archive.members if name.startswith("payloads/facts/")]
        for bundle, lines in zip_longest(bundles, facts):
            yield (
                b"" if bundle is None else self._member(bundle, layout.LARGEST_ENTRIES),
                b"" if lines is None else self._member(lines, WIDTH * layout.LARGEST_FACTS),
            )

    def _contents(self, openings: Sequence[layout.Opening], manifest: layout.Manifest, walked: Walked) -> Contents:
        if manifest.scope not in SCOPES:
            raise layout.PackUnreadable(layout.MANIFEST, f"The pack has the unknown scope {manifest.scope!r}.")
        return check_contents(self.archive, openings, manifest.scope, walked, self.findings)

    def _catalogue(self) -> tuple[Catalogue | None, dict[str, object]]:
        document = self._document(layout.CATALOGUE, "E_CATALOGUE", bounds.CATALOGUE_VALUES)
        if document is None:
            return None, {"released": False, "differing_rules": []}
        return check_catalogue(document, self.findings)

    def _derivation(
        self, manifest: layout.Manifest, walked: Walked, catalogue: Catalogue | None
    ) -> tuple[Claims | None, dict[str, object]]:
        document = self._document(layout.STATUSES, "E_STATUS", bounds.status_values(walked.frontier.size))
        try:
            at_text, claims = ("", None) if document is None else read_statuses(document)
            moment = _moment(manifest.at, layout.MANIFEST)
            _moment(manifest.written_at, layout.MANIFEST)
        except layout.PackUnreadable as error:
            self.findings.add("E_STATUS", error.where, error.problem, error.remedy)
            return None, {"verdict": "FAILED", "at": manifest.at}
        if claims is not None and at_text != manifest.at:
            self.findings.add("E_STATUS", layout.STATUSES, "Manifest and claimed statuses name different moments.", ASK)
        if claims is None or catalogue is None:
            return claims, {"verdict": "FAILED", "at": manifest.at}
        part = check_statuses(claims, catalogue, walked.facts, moment, self.judge, self.findings)
        late = sum(fact.received_at > moment for fact in walked.facts)
        return claims, {"at": manifest.at, "received_after": late, **part}

    def _pages(
        self,
        manifest: layout.Manifest,
        claims: Claims | None,
        openings: Sequence[layout.Opening],
        catalogue: Catalogue | None,
        walked: Walked,
    ) -> None:
        """Make the parts for people again and compare them; those of facts that are damaged cannot be made."""
        made: Mapping[str, bytes] = {layout.README: read_me(manifest)}
        sound = self.findings.none_of("E_FACTS", "E_LEAF", "E_ENTRY")
        name = self._name(manifest, openings, walked) if sound else None
        if claims is not None and catalogue is not None and name is not None:
            made = pages(manifest, claims, openings, catalogue, walked.facts, name)
        for name, page in made.items():
            if self._member(name, layout.LARGEST_DOCUMENT) != page:
                self.findings.add(
                    "E_PAGE",
                    name,
                    f"{name} does not say what the pack says.",
                    "Do not read it; read the output of this check.",
                )

    def _name(self, manifest: layout.Manifest, openings: Sequence[layout.Opening], walked: Walked) -> str | None:
        """Return the organisation's name as the pack proves it; None where its content is not what was logged."""
        opening = opening_of_name(manifest, walked.facts, openings)
        if opening is None:
            return ""
        if opening.commitment != walked.contents.get(opening.position) or not holds(self.archive, opening):
            return None
        return "" if self.archive.members[opening.name].size > LONGEST else read_name(self.archive.read(opening.name))

    def _digests(self, manifest: layout.Manifest) -> None:
        for packed in manifest.members:
            member = self.archive.members.get(packed.name)
            if member is None or packed.name in (layout.MANIFEST, *layout.READABLE):
                self.findings.add(
                    "E_MEMBER",
                    layout.MANIFEST,
                    f"The manifest lists {packed.name[:120]!r}, which is not in the pack or not to be listed.",
                    ASK,
                )
            elif (member.size, self._digest(packed.name)) != (packed.size, packed.digest):
                self.findings.add(
                    "E_MEMBER", packed.name, f"{packed.name} is not the one that the manifest lists.", ASK
                )
        listed = [packed.name for packed in manifest.members]
        if listed != list(self.archive.members)[: len(listed)] or len(listed) != len(self.archive.members) - 1 - len(
            layout.READABLE
        ):
            self.findings.add("E_MEMBER", layout.MANIFEST, "The manifest does not list the members of the pack.", ASK)

    def _digest(self, name: str) -> str:
        if name not in self.digests:
            digest = sha256()
            try:
                for chunk in self.archive.chunks(name):
                    digest.update(chunk)
            except MemberDamaged as error:
                self.findings.add("E_MEMBER", name, error.problem, error.remedy)
            self.digests[name] = "sha256:" + digest.hexdigest()
        return self.digests[name]

    def _written(
        self,
        seal: Seal,
        manifest: layout.Manifest,
        walked: Walked,
        contents: Contents,
        derivation: dict[str, object],
        when: Mapping[str, object],
    ) -> Verdict:
        findings = self.findings
        in_order = seal.checkpoint is not None and findings.none_of("E_ROOT", "E_SIZE", "E_CHECKPOINT", "E_FORK")
        whole = in_order and findings.none_of(
            "E_MEMBER", "E_LEAF", "E_ENTRY", "E_FACTS", "E_CONTENT", "E_ERASURE", "E_PAGE"
        )
        if not findings.none_of("E_STATUS", "E_CATALOGUE"):
            derivation = {**derivation, "verdict": "FAILED"}
        return Verdict(
            follows=findings.worst() not in (Exit.BAD_INPUT, Exit.DOES_NOT_FOLLOW),
            integrity={
                "verdict": _word(whole),
                "entries": walked.frontier.size,
                "facts": len(walked.facts),
                "content": _content_part(contents, walked),
            },
            order={"verdict": _word(in_order), "received_out_of_order": walked.backwards},
            authenticity=authenticity(seal, self.trust, findings),
            witnesses=witnesses(seal, self.trust),
            time=when,
            completeness={
                "verdict": "complete inside the log" if whole else "FAILED",
                "rows": reconciled(walked),
                "beyond": BEYOND,
            },
            derivation=derivation,
            unsigned=_unsigned(manifest),
            problems=findings.listed(),
        )


def _seen(path: Path) -> Seal:
    with path.open("rb") as file:
        if file.read(2) == b"PK":
            data = _read_or_empty(Archive(file))
        else:
            file.seek(0)
            data = file.read(layout.LARGEST_CHECKPOINT + 1)
    findings = Findings()
    seal = read_seal(data, findings)
    if seal.checkpoint is None:
        raise layout.PackUnreadable(path.name, "The earlier file holds no readable checkpoint.")
    return seal


def _read_or_empty(archive: Archive) -> bytes:
    member = archive.members.get(layout.CHECKPOINT)
    try:
        return b"" if member is None or member.size > layout.LARGEST_CHECKPOINT else archive.read(member.name)
    except MemberDamaged:
        return b""


def _manifest(data: bytes, members: int) -> Document:
    try:
        return bounds.decode(data, bounds.manifest_values(members))
    except canonical.NotCanonical as error:
        raise layout.PackUnreadable(
            layout.MANIFEST, "The file holds no readable manifest, so it is no pack."
        ) from error


def _known_page(manifest: layout.Manifest) -> None:
    if manifest.page not in KNOWN:
        raise layout.PackUnreadable(
            layout.MANIFEST,
            f"The pages of the pack have the number {manifest.page}; this verifier makes those of number "
            f"{' and '.join(map(str, KNOWN))} again.",
            version=True,
        )


def _moment(text: str, where: str) -> datetime:
    try:
        moment = read_moment(text)
        again = moment_text(moment)
    except (MomentUnreadable, OverflowError) as error:
        raise layout.PackUnreadable(where, f"{text!r} is no moment.") from error
    if again != text:
        raise layout.PackUnreadable(where, f"{text!r} is not spelled as a moment of a pack is.")
    return moment


def _unsigned(manifest: layout.Manifest) -> dict[str, object]:
    """Return what only the pack says: whoever handed it on could have chosen it, and nothing contradicts it."""
    return {
        "verdict": "said by the pack alone",
        "at": manifest.at,
        "written_at": manifest.written_at,
        "tool": manifest.tool,
        "scope": manifest.scope,
    }


def _content_part(contents: Contents, walked: Walked) -> dict[str, object]:
    erased = [
        {"leaf": position, "entry": walked.entry_ids.get(position, ""), "by": by} for position, by in contents.erased
    ]
    return {"verified": contents.verified, "erased": erased, "withheld": contents.withheld, "failed": contents.failed}


def _word(fine: bool) -> str:
    return "verified" if fine else "FAILED"
