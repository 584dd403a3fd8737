/** The log that modes write. Lines may contain text from AWS or GitHub: the implementation escapes it. */
export interface Log {
  info(line: string): void
  warning(line: string): void
  debug(line: string): void
  /** A collapsible group of lines. It is closed even if `phase` throws. */
  group<T>(title: string, phase: () => Promise<T>): Promise<T>
}
