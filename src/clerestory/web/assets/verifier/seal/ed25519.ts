// Ed25519 under the one strict rule of the ledger: canonical encodings, no point of low order, S below the order.
//
// Points are (X, Y, Z, T) with x = X/Z, y = Y/Z and xy = T/Z on the twisted Edwards curve of RFC 8032 section 5.1.
// Nothing here is secret, so nothing takes constant time. Where the browser has Ed25519 itself, it must agree.

import { joined } from "../form/bytes"
import { sha512 } from "./sha512"

type Point = readonly [bigint, bigint, bigint, bigint]
const PRIME = 2n ** 255n - 19n
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const EIGHTH = 2707385501144840649318225287225658788936804267575313519463743609750303402022n
const LOW_ORDER = [0n, 1n, PRIME - 1n, EIGHTH, PRIME - EIGHTH]
const SIGN = 2n ** 255n
const D = mod(-121665n * power(121666n, PRIME - 2n))
const ROOT_OF_MINUS_1 = power(2n, (PRIME - 1n) / 4n)
const ZERO: Point = [0n, 1n, 1n, 0n]
const BASE = decoded(mod(4n * power(5n, PRIME - 2n)))

/** Whether 32 bytes may stand for a point: y below the prime, and not of low order. */
export function strictPoint(encoded: Uint8Array): boolean {
  if (encoded.length !== 32) return false
  const y = little(encoded) % SIGN
  return y < PRIME && !LOW_ORDER.includes(y)
}

export function strictSignature(signature: Uint8Array): boolean {
  return signature.length === 64 && strictPoint(signature.subarray(0, 32)) && little(signature.subarray(32)) < ORDER
}

/** Whether a signature holds under the strict rule, by the equation here and by the browser's where it has one. */
export async function verify(key: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean> {
  if (!strictPoint(key) || !strictSignature(signature) || !holds(key, signature, message)) return false
  return (await holdsByBrowser(key, signature, message)) ?? true
}

/** What the browser's own Ed25519 says; undefined where it has none. */
export async function holdsByBrowser(key: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean | undefined> {
  const subtle = globalThis.crypto?.subtle
  if (!subtle) return undefined
  try {
    const read = await subtle.importKey("raw", key, "Ed25519", false, ["verify"])
    return await subtle.verify("Ed25519", read, signature, message)
  } catch (error) {
    return error instanceof DOMException && error.name === "NotSupportedError" ? undefined : false
  }
}

/** Whether [S]B = R + [k]A, without the cofactor: R is made again and compared in its one encoding. */
export function holds(key: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  const point = decoded(little(key))
  if (!point || !BASE) return false
  const k = little(sha512(joined(signature.subarray(0, 32), key, message))) % ORDER
  const made = sumOfMultiples(little(signature.subarray(32)), BASE, k, negative(point))
  return encoded(made) === little(signature.subarray(0, 32))
}

function decoded(number: bigint): Point | undefined {
  const sign = number / SIGN
  const y = number % SIGN
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)]
  let x = mod(mod(u * v ** 3n) * power(u * v ** 7n, (PRIME - 5n) / 8n))
  if (mod(v * x * x) === mod(-u)) x = mod(x * ROOT_OF_MINUS_1)
  if (mod(v * x * x) !== u || (x === 0n && sign)) return undefined
  if (x % 2n !== sign) x = PRIME - x
  return [x, y, 1n, mod(x * y)]
}

function encoded(point: Point): bigint {
  const inverse = power(point[2], PRIME - 2n)
  return mod(point[1] * inverse) + (mod(point[0] * inverse) % 2n) * SIGN
}

function sumOfMultiples(m: bigint, one: Point, n: bigint, other: Point): Point {
  const both = sum(one, other)
  let found = ZERO
  for (let place = 256n; place >= 0n; place--) {
    found = sum(found, found)
    const [first, second] = [(m >> place) & 1n, (n >> place) & 1n]
    if (first || second) found = sum(found, first && second ? both : first ? one : other)
  }
  return found
}

/** Add two points, equal ones too: the law of a twisted Edwards curve with a = -1 has no exceptions. */
function sum(left: Point, right: Point): Point {
  const a = mod((left[1] - left[0]) * (right[1] - right[0]))
  const b = mod((left[1] + left[0]) * (right[1] + right[0]))
  const c = mod(2n * left[3] * right[3] * D)
  const d = mod(2n * left[2] * right[2])
  const [e, f, g, h] = [b - a, d - c, d + c, b + a]
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)]
}

function negative(point: Point): Point {
  return [PRIME - point[0], point[1], point[2], PRIME - point[3]]
}

function power(base: bigint, exponent: bigint): bigint {
  let [found, square] = [1n, mod(base)]
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) found = mod(found * square)
    square = mod(square * square)
  }
  return found
}

function mod(value: bigint): bigint {
  const left = value % PRIME
  return left < 0n ? left + PRIME : left
}

function little(data: Uint8Array): bigint {
  let value = 0n
  for (let place = data.length - 1; place >= 0; place--) value = (value << 8n) | BigInt(data[place])
  return value
}
