// Unpacks deflate (RFC 1951) piece by piece, so that no more is ever held than was asked for.
//
// Browsers can unpack too, but not up to a number of bytes, and they do not say what stood before damage. This one
// refuses what zlib refuses: incomplete codes, distances before the beginning, blocks without an end.

export const PIECE = 1 << 18
const WINDOW = 1 << 15
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const [LENGTHS, LENGTH_BITS] = steps(3, [8, 4, 4, 4, 4, 4], 258)
const [DISTANCES, DISTANCE_BITS] = steps(1, [4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2])

export class NotDeflated extends Error {}

/** Canonical Huffman codes: how many of each length, and their symbols in order. */
interface Codes {
  counts: Uint16Array
  symbols: Uint16Array
}

export class Inflater {
  ended = false
  private at = 0
  private held = 0
  private bits = 0
  private last = false
  private stored = 0
  private codes: [Codes, Codes] | undefined
  private length = 0
  private distance = 0
  private readonly out = new Uint8Array(WINDOW + PIECE)
  private filled = WINDOW
  private made = 0
  private short = false

  constructor(private readonly packed: Uint8Array) {}

  /** The next bytes, at most `PIECE`; fewer at the end or where the packed bytes end too early; then nothing. */
  piece(): Uint8Array {
    this.out.copyWithin(0, this.filled - WINDOW, this.filled)
    this.filled = WINDOW
    try {
      while (this.filled < this.out.length && !this.ended && !this.short) this.step()
    } catch (error) {
      if (!(error instanceof OutOfBytes)) throw error
      this.short = true
    }
    return this.out.slice(WINDOW, this.filled)
  }

  /** Whether bytes are left behind the end. */
  get spare(): boolean {
    return this.at < this.packed.length
  }

  private step(): void {
    if (this.length > 0) this.copy()
    else if (this.stored > 0) this.store()
    else if (this.codes) this.symbol(this.codes)
    else if (this.last) this.ended = true
    else this.block()
  }

  private copy(): void {
    while (this.length > 0 && this.filled < this.out.length) {
      this.put(this.out[this.filled - this.distance])
      this.length--
    }
  }

  private store(): void {
    while (this.stored > 0 && this.filled < this.out.length) {
      if (this.at >= this.packed.length) throw new OutOfBytes()
      this.put(this.packed[this.at++])
      this.stored--
    }
  }

  private put(byte: number): void {
    this.out[this.filled++] = byte
    this.made++
  }

  private symbol([literals, distances]: [Codes, Codes]): void {
    const symbol = this.read(literals)
    if (symbol < 256) return this.put(symbol)
    if (symbol === 256) {
      this.codes = undefined
      return
    }
    if (symbol > 285) throw new NotDeflated()
    const length = LENGTHS[symbol - 257] + this.take(LENGTH_BITS[symbol - 257])
    const far = this.read(distances)
    if (far > 29) throw new NotDeflated()
    const distance = DISTANCES[far] + this.take(DISTANCE_BITS[far])
    if (distance > this.made) throw new NotDeflated()
    this.length = length
    this.distance = distance
  }

  private block(): void {
    this.last = this.take(1) === 1
    const kind = this.take(2)
    if (kind === 0) {
      this.bits = this.held = 0
      const length = this.take(8) | (this.take(8) << 8)
      const check = this.take(8) | (this.take(8) << 8)
      if ((length ^ check) !== 0xffff) throw new NotDeflated()
      this.stored = length
    } else if (kind === 1) this.codes = FIXED
    else if (kind === 2) this.codes = this.own()
    else throw new NotDeflated()
  }

  private own(): [Codes, Codes] {
    const [literals, distances, count] = [257 + this.take(5), 1 + this.take(5), 4 + this.take(4)]
    if (literals > 286 || distances > 30) throw new NotDeflated()
    const sizes = new Uint8Array(19)
    for (let place = 0; place < count; place++) sizes[ORDER[place]] = this.take(3)
    const codes = codesOf(sizes, false)
    const found = new Uint8Array(literals + distances)
    for (let place = 0; place < found.length; ) {
      const symbol = this.read(codes)
      if (symbol < 16) {
        found[place++] = symbol
        continue
      }
      if (symbol === 16 && place === 0) throw new NotDeflated()
      const value = symbol === 16 ? found[place - 1] : 0
      const times = symbol === 16 ? 3 + this.take(2) : symbol === 17 ? 3 + this.take(3) : 11 + this.take(7)
      if (place + times > found.length) throw new NotDeflated()
      found.fill(value, place, place + times)
      place += times
    }
    if (found[256] === 0) throw new NotDeflated()
    return [codesOf(found.subarray(0, literals), true), codesOf(found.subarray(literals), true)]
  }

  private take(count: number): number {
    while (this.bits < count) {
      if (this.at >= this.packed.length) throw new OutOfBytes()
      this.held |= this.packed[this.at++] << this.bits
      this.bits += 8
    }
    const value = this.held & ((1 << count) - 1)
    this.held >>>= count
    this.bits -= count
    return value
  }

  private read({ counts, symbols }: Codes): number {
    let code = 0
    let first = 0
    let place = 0
    for (let length = 1; length <= 15; length++) {
      code |= this.take(1)
      const count = counts[length]
      if (code - count < first) return symbols[place + (code - first)]
      place += count
      first = (first + count) << 1
      code <<= 1
    }
    throw new NotDeflated()
  }
}

class OutOfBytes extends Error {}

/** Order symbols by the length of their codes; a single code of one bit may stand alone where zlib allows it. */
function codesOf(sizes: Uint8Array, mayBeSingle: boolean): Codes {
  const counts = new Uint16Array(16)
  for (const size of sizes) counts[size]++
  counts[0] = 0
  let left = 1
  let longest = 0
  for (let length = 1; length <= 15; length++) {
    left = (left << 1) - counts[length]
    if (left < 0) throw new NotDeflated()
    if (counts[length]) longest = length
  }
  if (left > 0 && longest > 0 && !(mayBeSingle && longest === 1)) throw new NotDeflated()
  const places = new Uint16Array(17)
  for (let length = 1; length <= 15; length++) places[length + 1] = places[length] + counts[length]
  const symbols = new Uint16Array(sizes.length)
  sizes.forEach((size, symbol) => {
    if (size) symbols[places[size]++] = symbol
  })
  return { counts, symbols }
}

function steps(start: number, repeats: number[], end?: number): [number[], number[]] {
  const [values, bits]: [number[], number[]] = [[], []]
  let value = start
  repeats.forEach((count, extra) => {
    for (let time = 0; time < count; time++) {
      values.push(value)
      bits.push(extra)
      value += 1 << extra
    }
  })
  if (end !== undefined) {
    values.push(end)
    bits.push(0)
  }
  return [values, bits]
}

const FIXED: [Codes, Codes] = [
  codesOf(Uint8Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8)), true),
  codesOf(new Uint8Array(32).fill(5), true),
]
