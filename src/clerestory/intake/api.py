"""Evidence in over HTTP: where `clerestory push` sends runs and registrations. Takes canonical documents only."""

from ninja import Router, Status

from clerestory.desk.request import MemberRequest
from clerestory.intake.receive import Receipt, receive, register
from clerestory.intake.receive.admission import Registration
from clerestory.ledger.canonical import decode

router = Router(tags=["intake"])
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


@router.post("/runs", response={201: Receipt}, summary="Push a run", openapi_extra=_BODY)
def push_run(request: MemberRequest) -> Status[Receipt]:
    """Receive the file that `clerestory check` wrote. Every measurement and verdict is computed again.

    The same run pushed again gives the same entries. An edited file is refused with the check and field named.
    """
    return Status(201, receive(decode(request.body), actor=request.actor))


@router.post("/registrations", response={201: Registration}, summary="Register a manifest", openapi_extra=_BODY)
def push_registration(request: MemberRequest) -> Status[Registration]:
    """Register system, model and data of a manifest before anything is measured, and propose its limits on data."""
    return Status(201, register(decode(request.body), actor=request.actor))
