// The zip file of a pack, in the one layout that is allowed: every byte of its structure is foreseen.
//
// Members lie one behind the other without gaps, names are plain, times are fixed, sizes are bounded before anything is
// unpacked. Refuses zip64, comments, extra fields, encryption, links, doubled names and whatever else hides something.

import { equal, joined, rawText } from "./bytes"
import { Inflater, NotDeflated, PIECE } from "./inflate"
import { Damaged, Unreadable } from "../wrong"

export const MOST_MEMBERS = 65_534
const LARGEST_FILE = 2 ** 32 - 2
const HIGHEST_RATIO = 200
const FREE_SIZE = 4 * 1024 * 1024
const LONGEST_NAME = 120
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/
const [HEAD, LINE, END] = [30, 46, 22]
const [MADE_BY, NEEDED, FIRST_DAY, MODE] = [(3 << 8) | 20, 20, 33, 0o100644 * 65536]
const AHEAD = 1 << 20
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

export interface Member {
  name: string
  method: number
  crc: number
  packed: number
  size: number
  start: number
  end: number
}

/** A file that is read piece by piece, some of it ahead. */
export class Source {
  private held = new Uint8Array(0)
  private start = 0
  constructor(
    private readonly file: Blob,
    private readonly told: (place: number, length: number) => void = () => {},
  ) {}

  get length(): number {
    return this.file.size
  }

  async read(start: number, length: number): Promise<Uint8Array> {
    if (start < this.start || start + length > this.start + this.held.length) {
      const end = Math.min(start + Math.max(length, AHEAD), this.length)
      this.held = new Uint8Array(await this.file.slice(start, end).arrayBuffer())
      this.start = start
      this.told(start, this.length)
    }
    return this.held.subarray(start - this.start, start - this.start + length)
  }
}

/** An archive whose structure was checked byte for byte; nothing is unpacked before it is asked for. */
export class Archive {
  private constructor(
    private readonly source: Source,
    readonly members: Map<string, Member>,
  ) {}

  static async open(source: Source): Promise<Archive> {
    return new Archive(source, new Map((await readDirectory(source)).map((member) => [member.name, member])))
  }

  /** Hand on the data of a member piece by piece; no more than it announced. What came before damage was handed on. */
  async each(name: string, take: (piece: Uint8Array) => void): Promise<void> {
    const member = this.members.get(name)
    if (!member) throw new Error(name)
    let crc = 0xffffffff
    let size = 0
    await this.unpacked(member, (piece) => {
      crc = checksum(crc, piece)
      size += piece.length
      if (size > member.size) throw damaged(member)
      take(piece)
    })
    if ((crc ^ 0xffffffff) >>> 0 !== member.crc || size !== member.size) throw damaged(member)
  }

  private async unpacked(member: Member, take: (piece: Uint8Array) => void): Promise<void> {
    const start = member.end - member.packed
    if (member.method === 0) {
      for (let place = 0; place < member.packed; place += PIECE)
        take(await this.source.read(start + place, Math.min(PIECE, member.packed - place)))
      return
    }
    const inflater = new Inflater(await this.source.read(start, member.packed))
    try {
      for (let piece = inflater.piece(); piece.length; piece = inflater.piece()) take(piece)
    } catch (error) {
      throw error instanceof NotDeflated ? damaged(member) : error
    }
    if (!inflater.ended || inflater.spare) throw damaged(member)
  }
}

async function readDirectory(source: Source): Promise<Member[]> {
  const length = source.length
  if (length <= END || length > LARGEST_FILE)
    throw malformed("end of file", "The file is too short or too long for a pack.")
  const tail = await source.read(length - END, END)
  const view = viewOf(tail)
  const [count, size, start] = [view.getUint16(10, true), view.getUint32(12, true), view.getUint32(16, true)]
  if (!equal(tail, endBytes(count, size, start)) || start + size + END !== length)
    throw malformed("end of file", "The file does not end as the zip of a pack ends.")
  if (count === 0 || count > MOST_MEMBERS || size > count * (LINE + LONGEST_NAME))
    throw malformed("directory", "The directory of the zip has an impossible size.")
  const members = parseDirectory(await source.read(start, size), count)
  if (members[count - 1].end !== start)
    throw malformed("directory", "There are bytes between the members and the directory of the zip.")
  if (members.reduce((sum, member) => sum + member.size, 0) > FREE_SIZE + HIGHEST_RATIO * length)
    throw malformed("directory", "The pack would unpack to far more than a pack of its size holds.")
  for (const member of members) {
    const head = headOf(member)
    if (!equal(await source.read(member.start, head.length), head))
      throw malformed(member.name, `The head of ${member.name} is not the one that the directory announces.`)
  }
  return members
}

function parseDirectory(directory: Uint8Array, count: number): Member[] {
  const members: Member[] = []
  const names = new Set<string>()
  const view = viewOf(directory)
  let place = 0
  let expected = 0
  for (let number = 0; number < count; number++) {
    if (place + LINE > directory.length) throw malformed("directory", "The directory of the zip ends too early.")
    const raw = directory.subarray(place + LINE, place + LINE + view.getUint16(place + 28, true))
    const name = rawText(raw)
    const packed = view.getUint32(place + 20, true)
    const member: Member = {
      name,
      method: view.getUint16(place + 10, true),
      crc: view.getUint32(place + 16, true),
      packed,
      size: view.getUint32(place + 24, true),
      start: expected,
      end: expected + HEAD + raw.length + packed,
    }
    const line = expected < 2 ** 32 ? lineOf(member) : new Uint8Array(0)
    const label = NAME.test(name) && name.length <= LONGEST_NAME ? name : `member ${number}`
    const ascii = raw.every((byte) => byte < 128)
    const same = line.length > 0 && equal(directory.subarray(place, place + line.length), line)
    if (!ascii || !same || ![0, 8].includes(member.method))
      throw malformed(label, "A line of the zip's directory is not one of a pack.")
    if (!NAME.test(name) || name.length > LONGEST_NAME || names.has(name))
      throw malformed(label, "A member has a name that is not allowed, or one used twice.")
    if (member.method === 0 && member.size !== member.packed)
      throw malformed(name, `${name} announces two different sizes.`)
    names.add(name)
    members.push(member)
    place += line.length
    expected = member.end
  }
  if (place !== directory.length) throw malformed("directory", "The directory of the zip is longer than its members.")
  return members
}

function headOf(member: Member): Uint8Array {
  return numbered(HEAD, member.name, [
    [0, 4, 0x04034b50], [4, 2, NEEDED], [8, 2, member.method], [12, 2, FIRST_DAY], [14, 4, member.crc],
    [18, 4, member.packed], [22, 4, member.size], [26, 2, member.name.length],
  ])
}

function lineOf(member: Member): Uint8Array {
  return numbered(LINE, member.name, [
    [0, 4, 0x02014b50], [4, 2, MADE_BY], [6, 2, NEEDED], [10, 2, member.method], [14, 2, FIRST_DAY],
    [16, 4, member.crc], [20, 4, member.packed], [24, 4, member.size], [28, 2, member.name.length], [38, 4, MODE],
    [42, 4, member.start],
  ])
}

function endBytes(count: number, size: number, start: number): Uint8Array {
  return numbered(END, "", [[0, 4, 0x06054b50], [8, 2, count], [10, 2, count], [12, 4, size], [16, 4, start]])
}

/** Numbers at their places, little-endian, zeros between, and a name behind. */
function numbered(length: number, name: string, fields: number[][]): Uint8Array {
  const data = new Uint8Array(length)
  const view = viewOf(data)
  for (const [place, size, value] of fields)
    if (size === 2) view.setUint16(place, value, true)
    else view.setUint32(place, value, true)
  return joined(data, Uint8Array.from(name, (letter) => letter.charCodeAt(0)))
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength)
}

function checksum(crc: number, data: Uint8Array): number {
  for (const byte of data) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8)
  return crc
}

function malformed(where: string, problem: string): Unreadable {
  return new Unreadable("E_PACK", where, problem, "Ask for the pack again; this file cannot be read as one.")
}

function damaged(member: Member): Damaged {
  return new Damaged(
    `${member.name} is damaged: it does not unpack to what the pack announces.`,
    "Ask for the pack again; this copy was changed or broken on its way.",
  )
}
