"""What another process does to the log: ``python -m tests.store.worker found | append ORGANISATION NAME COUNT``."""

import sys


def main(what: str, *rest: str) -> None:
    """Found an organisation and print its id, or append entries one transaction at a time."""
    import django

    django.setup()

    from clerestory.store import evidence, unit
    from clerestory.terms.ids import OrganisationId
    from tests.organisation import NOW, found
    from tests.store.test_evidence import made

    if what == "found":
        sys.stdout.write(found().organisation_id)
        return
    organisation, name, count = rest
    for number in range(int(count)):
        with unit.atomic():
            evidence.append(
                made(entity=f"process_run/{name}-{number}"), organisation_id=OrganisationId(organisation), now=NOW
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
