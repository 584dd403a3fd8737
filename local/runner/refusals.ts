/** What a file has that this runner does not do. Everything is collected first: one look shows all of it. */
export class Refusals {
  readonly #file: string
  readonly #reasons: string[] = []

  constructor(file: string) {
    this.#file = file
  }

  /** `where` is such as `job clone, step 2`. */
  add(where: string, what: string): void {
    this.#reasons.push(`${this.#file}: ${where}: ${what}`)
  }

  throwIfAny(): void {
    if (this.#reasons.length === 0) return
    throw new Error(
      `this runner refuses what it would not do as GitHub does it:\n${this.#reasons.join('\n')}`,
    )
  }
}
