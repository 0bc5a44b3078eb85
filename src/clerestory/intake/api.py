"""Evidence in over HTTP: where `clerestory push` sends runs and registrations. Takes canonical documents only."""

from django.core.exceptions import RequestDataTooBig
from ninja import Router, Status

from clerestory.desk.request import MemberRequest
from clerestory.intake.receive import Receipt, receive, register
from clerestory.intake.receive.admission import Registration
from clerestory.ledger.canonical import decode
from clerestory.terms.error import ClerestoryError
from clerestory.terms.fact import Document

router = Router(tags=["intake"])
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


class PushTooLarge(ClerestoryError):
    """A pushed document is larger than the server takes."""


@router.post("/runs", response={201: Receipt}, summary="Push a run", openapi_extra=_BODY)
def push_run(request: MemberRequest) -> Status[Receipt]:
    """Receive the file that `clerestory check` wrote. Every measurement and verdict is computed again.

    The same run pushed again gives the same entries. An edited file is refused with the check and field named.
    """
    return Status(201, receive(_document(request), actor=request.actor))


@router.post("/registrations", response={201: Registration}, summary="Register a manifest", openapi_extra=_BODY)
def push_registration(request: MemberRequest) -> Status[Registration]:
    """Register system, model and data of a manifest before anything is measured, and propose its limits on data."""
    return Status(201, register(_document(request), actor=request.actor))


def _document(request: MemberRequest) -> Document:
    try:
        return decode(request.body)
    except RequestDataTooBig as error:
        raise PushTooLarge(
            "The pushed file is larger than the server takes.",
            "Declare fewer columns or slices in one manifest, or split it in two.",
        ) from error
