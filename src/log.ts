/** Where modes write what happens. Texts may hold anything that AWS or GitHub answered: the implementation makes it inert. */
export interface Log {
  info(line: string): void
  notice(line: string): void
  warning(line: string): void
  debug(line: string): void
  /** A collapsible phase of the log; closed again however it ends. */
  group<T>(title: string, phase: () => Promise<T>): Promise<T>
}
