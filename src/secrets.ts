/** A mask of a letter or two would tear every output apart. */
const SHORTEST_LENGTH = 4

/**
 * What this run knows and must not tell. The runner masks it in logs and job summaries (`::add-mask::`), but in no comment: what
 * goes there, it never sees.
 */
export class Secrets {
  readonly #mask: (secret: string) => void
  readonly #known = new Set<string>()

  constructor(mask: (secret: string) => void) {
    this.#mask = mask
  }

  add(secret: string | undefined, shortestLength = SHORTEST_LENGTH): void {
    if (secret === undefined || secret.length < shortestLength) return
    this.#known.add(secret)
    this.#mask(secret)
  }

  /** The text with `***` for each of them, also where `written` has given it another form, such as that of Markdown. */
  hide(text: string, written: (plain: string) => string = (plain) => plain): string {
    const mask = written('***')
    // The longest first: one may be a part of another.
    return [...this.#known]
      .toSorted((a, b) => b.length - a.length)
      .flatMap((secret) => [secret, written(secret)])
      .reduce((rest, secret) => rest.replaceAll(secret, mask), text)
  }
}
