/** The code of a system's or a database's error, such as `ENOENT`. */
export function errorCode(error: unknown): unknown {
  // Not by `instanceof`: an error of Node's own belongs to another realm where a test runner has made one.
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

/** What it says, for a sentence. */
export function errorInOneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.trim().replaceAll(/\s*\n\s*/g, ' ')
}
