import { crc32 } from './checksum.ts'
import { LENGTH_BYTES } from './header.ts'
import { refuse, show } from './refuse.ts'
import { readSafetensors } from './safetensors.ts'
import { writeSafetensors } from './safetensors-writer.ts'
import { expandState, flattenState, type StateTree } from './state-tree.ts'

const STATE_KEY = 'tensorloom.state'
const VERSION_KEY = 'tensorloom.stateVersion'
const CHECKSUM_KEY = 'tensorloom.checksum'
/** Raised when an older reader would misunderstand what is written. */
const VERSION = 1

/** Stands in the file while its checksum is computed. */
const BLANK = '00000000'
/** Quotes inside JSON texts are escaped, so this can only be the key itself. */
const CHECKSUM_START = new TextEncoder().encode(`"${CHECKSUM_KEY}":"`)

/**
 * A state as one safetensors file: its tensors by path, the rest as JSON in the header's metadata, and a CRC-32 over
 * all of it. Other readers of the format see the tensors.
 *
 * @throws ValueError for a state that holds what cannot be saved
 */
export function writeCheckpoint(operation: string, state: StateTree): Uint8Array {
  const { json, tensors } = flattenState(operation, state)
  const file = writeSafetensors(tensors, [
    [CHECKSUM_KEY, BLANK],
    [STATE_KEY, json],
    [VERSION_KEY, String(VERSION)],
  ])
  file.set(new TextEncoder().encode(crc32(file)), checksumPlace(file))
  return file
}

/**
 * The state in a file that `writeCheckpoint` made.
 * @throws FormatError when it is damaged, something else, or of a newer version
 */
export function readCheckpoint(bytes: Uint8Array): StateTree {
  const { tensors, metadata } = readSafetensors(bytes)
  const json = metadata?.get(STATE_KEY)
  const version = metadata?.get(VERSION_KEY)
  const checksum = metadata?.get(CHECKSUM_KEY)
  if (json === undefined || version === undefined || checksum === undefined)
    return refuse('the metadata', 'the file is no checkpoint')
  if (version !== String(VERSION)) {
    refuse('the metadata', `the checkpoint has the version ${show(version)}, this library reads ${VERSION}`)
  }
  const blank = bytes.slice()
  blank.set(new TextEncoder().encode(BLANK), checksumPlace(bytes))
  const found = crc32(blank)
  if (found !== checksum)
    refuse('the file', `it is damaged: its CRC-32 is ${found}, and was ${show(checksum)} when it was written`)
  return expandState(json, tensors)
}

/** Where the checksum's digits begin. Metadata comes first in the header, the checksum first in the metadata. */
function checksumPlace(file: Uint8Array): number {
  const end = Math.min(file.length, LENGTH_BYTES + 4096)
  for (let start = LENGTH_BYTES; start < end; start++) {
    if (CHECKSUM_START.every((byte, i) => file[start + i] === byte)) return start + CHECKSUM_START.length
  }
  return refuse('the metadata', `"${CHECKSUM_KEY}" is not where it is written`)
}
