"""Every process that entries are handed to, in the order in which they are asked."""

from clerestory.processes import failed_check, measure, placed, recheck, risk, watched

PROCESSES = (
    failed_check.PROCESS,
    watched.PROCESS,
    recheck.PROCESS,
    risk.PROCESS,
    placed.PROCESS,
    measure.PROCESS,
)
