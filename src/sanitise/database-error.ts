/** Classes of SQLSTATE whose messages name objects and not values (PostgreSQL, appendix A; MySQL, server error reference). */
const NAMES_OBJECTS = new Set(['08', '0A', '25', '28', '2D', '3D', '3F', '42', '53', '54', '55', '57', '58'])

const CLASSES: Readonly<Partial<Record<string, string>>> = {
  '22': 'a value that does not fit',
  '23': 'a constraint was violated',
  P0: 'raised by code in the database',
}

/**
 * A fault of the database for people. Messages of many faults quote values, such as the key that exists twice. So the message is told
 * only if its class names objects, and never its details. `undefined`: it has no SQLSTATE.
 */
export function tellDatabaseError(message: string): string | undefined {
  // The last one: what comes before may be data.
  const state = [...message.matchAll(/SQLState: ?([0-9A-Z]{5})/gi)].at(-1)?.[1]?.toUpperCase()
  if (state === undefined) return undefined
  const kind = state.slice(0, 2)
  if (NAMES_OBJECTS.has(kind)) return `${firstLine(message)} (SQLSTATE ${state})`
  const meaning = CLASSES[kind]
  return `SQLSTATE ${state}${meaning === undefined ? '' : `, ${meaning}`}; the message may quote data and is not shown`
}

function firstLine(message: string): string {
  return message
    .replace(/\s*(?:\n|Detail:|Hint:|Where:|; ?SQLState:).*$/is, '')
    .replace(/[.;\s]+$/, '')
    .trim()
}
