// The constants of SHA-2 as FIPS 180-4 defines them: the first 64 bits behind the point of roots of the first primes.

const PRIMES = first(80)

export const CUBE_ROOTS = PRIMES.map((prime) => root(prime << 192n, 3n) & (2n ** 64n - 1n))
export const SQUARE_ROOTS = PRIMES.slice(0, 8).map((prime) => root(prime << 128n, 2n) & (2n ** 64n - 1n))

function first(count: number): bigint[] {
  const found: bigint[] = []
  for (let number = 2n; found.length < count; number++)
    if (found.every((prime) => number % prime !== 0n)) found.push(number)
  return found
}

/** The largest number whose power is not above a value. */
function root(value: bigint, power: bigint): bigint {
  let found = 0n
  for (let bit = 1n << 70n; bit > 0n; bit >>= 1n) if ((found + bit) ** power <= value) found += bit
  return found
}
