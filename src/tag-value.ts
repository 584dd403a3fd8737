import { createHash } from 'node:crypto'

export const MAX_TAG_VALUE_LENGTH = 256
const HASH_LENGTH = 8
const FOREIGN_CHARACTERS = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu

/**
 * Text as AWS accepts it in a tag value (RDS API, Tag: letters, white space, digits and `_.:/=+-@`, 1 to 256 characters).
 * Text that has to be changed gets a short hash behind it, so that two different texts never become one value. What comes out
 * goes through unchanged a second time.
 */
export function cleanTagValue(text: string): string {
  const cleaned = text.replace(FOREIGN_CHARACTERS, '-').trim()
  if (cleaned === text && text !== '' && text.length <= MAX_TAG_VALUE_LENGTH) return text
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
  // Half of the room: a character outside the basic plane counts twice.
  const room = (MAX_TAG_VALUE_LENGTH - HASH_LENGTH - 1) / 2
  return `${Array.from(cleaned).slice(0, room).join('')}.${hash}`
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/

/** A time as this action writes it, or a person with its zone; `undefined` for every other text, of which Node would make one. */
export function timeMs(text: string | undefined): number | undefined {
  if (text === undefined || !TIME.test(text)) return undefined
  const [ms, dayMs] = [Date.parse(text), Date.parse(text.slice(0, 10))]
  // A day that the month does not have would silently become another one.
  const isDay = !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(text.slice(0, 10))
  return Number.isNaN(ms) || !isDay ? undefined : ms
}

/** Until when a hold holds that ends by itself; `undefined` for every other value, which is anybody's text. */
export function holdEndMs(hold: string): number | undefined {
  // A bare day begins in UTC.
  return timeMs(/^\d{4}-\d{2}-\d{2}$/.test(hold) ? `${hold}T00:00Z` : hold)
}

/** A label as it is kept in a tag and compared: GitHub's label names differ by more than case, or not at all. */
export function canonicalLabel(label: string): string {
  return cleanTagValue(label.toLowerCase())
}
