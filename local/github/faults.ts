/** What goes wrong, and with which requests. Without `method` and `path` it hits all of them. */
export interface Fault {
  readonly method?: string
  /** Tested against the path below the API's base, e.g. `/repos/octo/shop/pulls/42`; GraphQL is `/graphql`. */
  readonly path?: RegExp
  /** How many requests it hits; every one by default. */
  readonly times?: number
  /** Answer with this status, or `drop` the connection without an answer. */
  readonly status: number | 'drop'
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The request is carried out first, and only its answer is lost or replaced. */
  readonly applied?: boolean
}

export interface AddedFault {
  readonly hits: number
  remove(): void
}

interface Entry {
  readonly fault: Fault
  hits: number
}

/** Faults on demand; the first one that matches a request and is not used up applies. */
export class Faults {
  readonly #entries: Entry[] = []

  add(fault: Fault): AddedFault {
    const entry: Entry = { fault, hits: 0 }
    this.#entries.push(entry)
    return {
      get hits() {
        return entry.hits
      },
      remove: () => {
        const index = this.#entries.indexOf(entry)
        if (index !== -1) this.#entries.splice(index, 1)
      },
    }
  }

  clear(): void {
    this.#entries.length = 0
  }

  /** The fault for this request, counted as used. */
  take(request: { readonly method: string; readonly path: string }): Fault | undefined {
    const entry = this.#entries.find(
      ({ fault, hits }) =>
        hits < (fault.times ?? Infinity) &&
        (fault.method === undefined || fault.method.toUpperCase() === request.method) &&
        (fault.path === undefined || request.path.search(fault.path) !== -1),
    )
    if (entry === undefined) return undefined
    entry.hits += 1
    return entry.fault
  }
}
