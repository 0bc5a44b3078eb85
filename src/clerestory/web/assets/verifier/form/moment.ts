// Moments as the texts that the log writes: UTC with microseconds, so that texts sort as the moments do.

import { repr } from "./python"
import { Wrong } from "../wrong"

const WRITTEN = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z$/
const MOMENT =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]((?:[01][0-9]|2[0-3]):[0-5][0-9])(?:(:[0-5][0-9])(?:\.([0-9]+))?)?(?:Z|([+-])([01][0-9]|2[0-3]):?([0-5][0-9]))$/

/** Read an RFC 3339 moment with its offset and return it as the log writes it. */
export function readMoment(text: string): string {
  if (WRITTEN.test(text) && isDay(text.slice(0, 10))) return text
  const found = WRITTEN.test(text) ? null : MOMENT.exec(text)
  if (found && isDay(found[1])) {
    const part = (found[4] ?? "").slice(0, 6).padEnd(6, "0")
    const minutes = (Number(found[6] ?? 0) * 60 + Number(found[7] ?? 0)) * (found[5] === "-" ? -1 : 1)
    const at = Date.parse(`${found[1]}T${found[2]}${found[3] ?? ":00"}Z`) - minutes * 60_000
    const said = textOfMilliseconds(at)
    if (said) return `${said}.${part}Z`
  }
  throw new Wrong(`${repr(text)} is no moment.`, "Write it like 2026-11-21 or 2026-11-21T07:39:52Z.")
}

/** A whole number of seconds since 1970 as a moment; undefined beyond the year 9999. */
export function momentOfSeconds(seconds: number): string | undefined {
  const said = seconds < 253_402_300_800 ? textOfMilliseconds(seconds * 1000) : undefined
  return said && `${said}.000000Z`
}

function textOfMilliseconds(at: number): string | undefined {
  const text = new Date(at).toISOString()
  return /^[0-9]{4}-/.test(text) && !text.startsWith("0000") ? text.slice(0, 19) : undefined
}

function isDay(text: string): boolean {
  const [year, month, day] = text.split("-").map(Number)
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1]
}
