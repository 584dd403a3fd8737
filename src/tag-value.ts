import { createHash } from 'node:crypto'

export const MAX_TAG_VALUE_LENGTH = 256
const HASH_LENGTH = 8
const FOREIGN_CHARACTERS = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu

/**
 * Text as AWS accepts it in a tag value (RDS API, Tag: letters, white space, digits and `_.:/=+-@`, 1 to 256 characters).
 * Changed text ends in a short hash, so that different texts give different values. Cleaning twice changes nothing more.
 */
export function cleanTagValue(text: string): string {
  const cleaned = text.replace(FOREIGN_CHARACTERS, '-').trim()
  if (cleaned === text && text !== '' && text.length <= MAX_TAG_VALUE_LENGTH) return text
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
  // Half of the room, since a character outside the basic plane counts twice.
  const room = (MAX_TAG_VALUE_LENGTH - HASH_LENGTH - 1) / 2
  return `${Array.from(cleaned).slice(0, room).join('')}.${hash}`
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/

/** A time with its zone; `undefined` for any other text, even if Node can parse it. */
export function timeMs(text: string | undefined): number | undefined {
  if (text === undefined || !TIME.test(text)) return undefined
  const [ms, dayMs] = [Date.parse(text), Date.parse(text.slice(0, 10))]
  // Node turns a day that the month does not have into another day.
  const isDay = !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(text.slice(0, 10))
  return Number.isNaN(ms) || !isDay ? undefined : ms
}

/** A person's request to keep a clone, from its hold tag. */
export interface Hold {
  /** The value of the tag, untrusted. */
  readonly text: string
  /** When it ends; `Infinity` for never, `-Infinity` for no hold. */
  readonly untilMs: number
}

/** `false` or no tag: no hold. A time: until then (a bare day begins in UTC). Any other value: until it is changed. */
export function holdOf(text = 'false'): Hold {
  if (text.toLowerCase() === 'false') return { text, untilMs: -Infinity }
  const endMs = timeMs(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00Z` : text)
  return { text, untilMs: endMs ?? Infinity }
}

/** If the time is unknown (`UNKNOWN_TIME_MS`), every hold is in force. */
export function isHeld({ untilMs }: Hold, nowMs: number): boolean {
  return untilMs > nowMs
}

/** A label as tags store and comparisons use it. GitHub's labels never differ by case alone. */
export function canonicalLabel(label: string): string {
  return cleanTagValue(label.toLowerCase())
}
