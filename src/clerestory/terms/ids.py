"""Identifiers as distinct types, so that an entry id is never passed where a person id is asked."""

from typing import NewType

OrganisationId = NewType("OrganisationId", str)
EntryId = NewType("EntryId", str)
PersonId = NewType("PersonId", str)
FrameworkId = NewType("FrameworkId", str)
RequirementId = NewType("RequirementId", str)
CheckName = NewType("CheckName", str)
LeafHash = NewType("LeafHash", str)
"""RFC 6962 leaf hash as 64 lower-case hexadecimal digits."""
Digest = NewType("Digest", str)
"""``sha256:`` followed by 64 lower-case hexadecimal digits."""
