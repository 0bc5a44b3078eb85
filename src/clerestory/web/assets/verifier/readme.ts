// Makes `README.txt` of a pack again, so that it can say nothing that the pack does not.

import type { Manifest } from "./form/layout"
import { cut } from "./form/python"
import { CODES } from "./verdict"

const UNSEEN = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]/gu

/** A moment of a document as people write it: `2026-11-21 23:59:59 UTC`. */
export function plainMoment(text: string): string {
  return `${clean(cut(text, 19)).replaceAll("T", " ")} UTC`
}

/** Text without letters that do something instead of being seen. */
export function clean(text: string): string {
  return text.replace(UNSEEN, "\ufffd")
}

export function readMe(manifest: Manifest): string {
  const codes = Object.entries(CODES).map(([code, [, meaning]]) => `  ${code.padEnd(14)}${meaning}`)
  return TEXT.replace(/\{(\w+)\}/g, (_, name: string) => {
    const values: Record<string, string> = {
      origin: manifest.origin,
      size: String(manifest.size),
      at: plainMoment(manifest.at),
      written: plainMoment(manifest.writtenAt),
      tool: manifest.tool,
      scope: manifest.scope,
      codes: codes.join("\n"),
    }
    return values[name]
  })
}

const TEXT = `AUDIT PACK of {origin}

This zip file is a complete copy of an evidence log of an AI management system.
Evidence was only ever added to the log. Each entry is sealed by a hash, all
hashes together give one value, the root, and the log's key signed that root.
Changing, removing or adding anything afterwards changes the root.

  Entries in the log        {size}
  Statuses as of            {at}
  Written                   {written}, by {tool}
  Contents in scope         {scope}

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
`
