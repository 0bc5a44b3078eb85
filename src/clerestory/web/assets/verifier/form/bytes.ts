// Bytes and texts: hexadecimal, base64, UTF-8, and comparison. Nothing here decides anything.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Read UTF-8, a mark at the beginning included; undefined where the bytes are none. */
export function textOf(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data)
  } catch {
    return undefined
  }
}

/** One letter for each byte. */
export function rawText(data: Uint8Array): string {
  let text = ""
  for (let place = 0; place < data.length; place += 4096)
    text += String.fromCharCode(...data.subarray(place, place + 4096))
  return text
}

export function hex(data: Uint8Array): string {
  let text = ""
  for (const byte of data) text += byte.toString(16).padStart(2, "0")
  return text
}

export function unhex(text: string): Uint8Array {
  const data = new Uint8Array(text.length / 2)
  for (let place = 0; place < data.length; place++) data[place] = parseInt(text.slice(2 * place, 2 * place + 2), 16)
  return data
}

export function base64(data: Uint8Array): string {
  let text = ""
  for (let place = 0; place < data.length; place += 3) {
    const left = data.length - place
    const three = (data[place] << 16) | ((data[place + 1] ?? 0) << 8) | (data[place + 2] ?? 0)
    text += LETTERS[three >> 18] + LETTERS[(three >> 12) & 63]
    text += left > 1 ? LETTERS[(three >> 6) & 63] : "="
    text += left > 2 ? LETTERS[three & 63] : "="
  }
  return text
}

/** Read base64 whose form was checked already. */
export function unbase64(text: string): Uint8Array {
  const bare = text.replace(/=+$/, "")
  const data = new Uint8Array(Math.floor((bare.length * 3) / 4))
  let held = 0
  let bits = 0
  let place = 0
  for (const letter of bare) {
    held = ((held << 6) | LETTERS.indexOf(letter)) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      data[place++] = (held >> bits) & 255
    }
  }
  return data
}

export function equal(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let place = 0; place < left.length; place++) if (left[place] !== right[place]) return false
  return true
}

export function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let place = 0
  for (const part of parts) {
    whole.set(part, place)
    place += part.length
  }
  return whole
}
