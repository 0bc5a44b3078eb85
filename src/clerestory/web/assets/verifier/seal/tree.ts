// The Merkle tree of RFC 6962: leaf hashes, the root as a log grows, and the path of one leaf (RFC 9162).

import { bytesOf, equal } from "../form/bytes"
import { sha256 } from "./sha256"
import { Wrong } from "../wrong"

const [LEAF, NODE] = [Uint8Array.of(0), Uint8Array.of(1)]

export function leafHash(data: Uint8Array): Uint8Array {
  return sha256(LEAF, data)
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(NODE, left, right)
}

/** The right edge of a tree that grows: the roots of its complete subtrees, largest first. */
export class Frontier {
  size = 0
  private peaks: Uint8Array[] = []

  append(leaf: Uint8Array): void {
    let hash = leaf
    for (let size = this.size; size % 2 === 1; size = (size - 1) / 2) hash = nodeHash(this.peaks.pop() ?? hash, hash)
    this.peaks.push(hash)
    this.size++
  }

  root(): Uint8Array {
    if (!this.peaks.length) return sha256(bytesOf(""))
    return this.peaks.reduceRight((folded, peak) => nodeHash(peak, folded))
  }
}

export function verifyInclusion(leaf: Uint8Array, position: number, size: number, proof: Uint8Array[], root: Uint8Array): void {
  if (position >= size) throw new Wrong(`Position ${position} is outside a tree of size ${size}.`, "Use a position of the log.")
  const [at, last] = [BigInt(position), BigInt(size - 1)]
  const inner = bitLength(at ^ last)
  const border = [...(at >> BigInt(inner)).toString(2)].filter((bit) => bit === "1").length
  if (proof.length !== inner + border)
    throw new Wrong(`An inclusion proof has ${proof.length} hashes instead of ${inner + border}.`, "Ask for the proof again.")
  let computed = leaf
  proof.forEach((sibling, step) => {
    const left = step >= inner || ((at >> BigInt(step)) & 1n) === 1n
    computed = left ? nodeHash(sibling, computed) : nodeHash(computed, sibling)
  })
  if (!equal(computed, root))
    throw new Wrong(
      `Leaf ${position} does not lead to the root of size ${size}.`,
      "Treat the leaf as not logged and ask whoever gave the proof.",
    )
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}
