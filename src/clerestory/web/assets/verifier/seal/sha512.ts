// SHA-512 (FIPS 180-4) on big integers: slow and plain. It is asked for once a signature.

import { joined } from "../form/bytes"
import { CUBE_ROOTS, SQUARE_ROOTS } from "./roots"

const MASK = 2n ** 64n - 1n

export function sha512(message: Uint8Array): Uint8Array {
  const padded = joined(message, Uint8Array.of(0x80), new Uint8Array((239 - (message.length % 128)) % 128), lengthOf(message))
  let state = [...SQUARE_ROOTS]
  const view = new DataView(padded.buffer)
  for (let place = 0; place < padded.length; place += 128) state = compress(state, view, place)
  const out = new DataView(new ArrayBuffer(64))
  state.forEach((word, place) => out.setBigUint64(8 * place, word))
  return new Uint8Array(out.buffer)
}

function lengthOf(message: Uint8Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(16))
  view.setBigUint64(8, BigInt(message.length) * 8n)
  return new Uint8Array(view.buffer)
}

function compress(state: bigint[], view: DataView, place: number): bigint[] {
  const w: bigint[] = []
  for (let i = 0; i < 16; i++) w.push(view.getBigUint64(place + 8 * i))
  for (let i = 16; i < 80; i++) {
    const s0 = turned(w[i - 15], 1n) ^ turned(w[i - 15], 8n) ^ (w[i - 15] >> 7n)
    const s1 = turned(w[i - 2], 19n) ^ turned(w[i - 2], 61n) ^ (w[i - 2] >> 6n)
    w.push((w[i - 16] + s0 + w[i - 7] + s1) & MASK)
  }
  let [a, b, c, d, e, f, g, h] = state
  for (let i = 0; i < 80; i++) {
    const s1 = turned(e, 14n) ^ turned(e, 18n) ^ turned(e, 41n)
    const t1 = h + s1 + ((e & f) ^ (~e & MASK & g)) + CUBE_ROOTS[i] + w[i]
    const t2 = (turned(a, 28n) ^ turned(a, 34n) ^ turned(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c))
    ;[a, b, c, d, e, f, g, h] = [(t1 + t2) & MASK, a, b, c, (d + t1) & MASK, e, f, g]
  }
  return [a, b, c, d, e, f, g, h].map((word, at) => (word + state[at]) & MASK)
}

function turned(word: bigint, bits: bigint): bigint {
  return ((word >> bits) | (word << (64n - bits))) & MASK
}
