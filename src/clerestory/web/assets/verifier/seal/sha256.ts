// SHA-256 (FIPS 180-4) in plain JavaScript: the browser's own takes a message of 65 bytes far slower than this does.
//
// The constants are computed as the standard defines them: square and cube roots of the first primes.

import { joined } from "../form/bytes"
import { CUBE_ROOTS, SQUARE_ROOTS } from "./roots"

const K = Int32Array.from(CUBE_ROOTS.slice(0, 64), (root) => Number(root >> 32n) | 0)
const START = Int32Array.from(SQUARE_ROOTS, (root) => Number(root >> 32n) | 0)
const W = new Int32Array(64)

export class Sha256 {
  private readonly state = Int32Array.from(START)
  private readonly block = new Uint8Array(64)
  private filled = 0
  private length = 0

  update(data: Uint8Array): this {
    this.length += data.length
    let place = 0
    if (this.filled) {
      place = Math.min(64 - this.filled, data.length)
      this.block.set(data.subarray(0, place), this.filled)
      this.filled += place
      if (this.filled < 64) return this
      compress(this.state, this.block, 0)
    }
    for (; place + 64 <= data.length; place += 64) compress(this.state, data, place)
    this.filled = data.length - place
    this.block.set(data.subarray(place))
    return this
  }

  digest(): Uint8Array {
    const bits = this.length * 8
    const tail = new Uint8Array((this.filled < 56 ? 64 : 128) - this.filled)
    tail[0] = 0x80
    const view = new DataView(tail.buffer)
    view.setUint32(tail.length - 8, Math.floor(bits / 2 ** 32))
    view.setUint32(tail.length - 4, bits >>> 0)
    this.update(tail)
    const out = new DataView(new ArrayBuffer(32))
    this.state.forEach((word, place) => out.setInt32(4 * place, word))
    return new Uint8Array(out.buffer)
  }
}

export function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = new Sha256()
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** HMAC-SHA256 (RFC 2104) over what is handed to `update`. */
export class Hmac {
  private readonly inner = new Sha256()
  private readonly outer: Uint8Array
  constructor(key: Uint8Array) {
    const padded = joined(key, new Uint8Array(64 - key.length))
    this.outer = padded.map((byte) => byte ^ 0x5c)
    this.inner.update(padded.map((byte) => byte ^ 0x36))
  }

  update(data: Uint8Array): this {
    this.inner.update(data)
    return this
  }

  digest(): Uint8Array {
    return sha256(this.outer, this.inner.digest())
  }
}

function compress(state: Int32Array, data: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++, at += 4)
    W[i] = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]
  for (let i = 16; i < 64; i++) {
    const [x, y] = [W[i - 15], W[i - 2]]
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0
  }
  let [a, b, c, d, e, f, g, h] = state
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] += a
  state[1] += b
  state[2] += c
  state[3] += d
  state[4] += e
  state[5] += f
  state[6] += g
  state[7] += h
}
