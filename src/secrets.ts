/** Masking one or two letters would break every output. */
const SHORTEST_LENGTH = 4

/** The runner masks secrets in logs and job summaries (`::add-mask::`), but it never sees comments. */
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

  /** The text with `***` for each secret, also where `written` (such as Markdown escaping) has changed it. */
  hide(text: string, written: (plain: string) => string = (plain) => plain): string {
    const mask = written('***')
    // The longest first, since one may contain another.
    return [...this.#known]
      .toSorted((a, b) => b.length - a.length)
      .flatMap((secret) => [secret, written(secret)])
      .reduce((rest, secret) => rest.replaceAll(secret, mask), text)
  }
}
