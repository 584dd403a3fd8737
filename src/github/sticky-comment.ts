import { shortenLines } from '../quotation.ts'
import type { GitHubApi, IssueComment } from './api.ts'

export interface StickyComment {
  /** Looks for it ahead of the first `write`; what fails here fails again there. */
  find(): void
  /**
   * Writes the comment, in place where there is one already; `ifPresent` never makes a new one. Resolves to its address.
   * Calls follow one another in the order they were made.
   */
  write(body: string, options?: { readonly ifPresent: boolean }): Promise<string | undefined>
}

/**
 * GitHub refuses longer ones with 422 ("maximum is 65536 characters"; others measured 262,144 bytes): this fits whichever it counts,
 * and leaves some room for what GitHub itself may add.
 */
const MAX_BODY_BYTES = 60_000

/**
 * One comment a clone. It is found by its hidden marker, which is its whole first line, *and* its author, over all pages: a marker
 * alone could be forged by anybody who may comment, and other workflows of the same author may quote one.
 */
export function stickyComment({
  connect,
  number,
  marker,
}: {
  readonly connect: () => Promise<GitHubApi>
  readonly number: number
  readonly marker: string
}): StickyComment {
  let known: Promise<IssueComment | undefined> | undefined
  let last: Promise<unknown> = Promise.resolve()

  async function find(api: GitHubApi): Promise<IssueComment | undefined> {
    known ??= findOwn(api, number, marker)
    return await known.catch((error: unknown) => {
      known = undefined
      throw error
    })
  }

  async function write(text: string, ifPresent: boolean): Promise<string | undefined> {
    const api = await connect()
    const existing = await find(api)
    const body = `${marker}\n${shortenLines(text, MAX_BODY_BYTES)}`
    if (existing === undefined && ifPresent) return undefined
    if (existing?.body === body) return existing.html_url
    // If this fails, it may have been written all the same: then the next one looks again.
    known = undefined
    const written = existing === undefined ? await create(api, body) : await update(api, existing, body)
    known = Promise.resolve({ ...written, body })
    return written.html_url
  }

  /** Two runs that find no comment both write one: the older stays, with what was written last. */
  async function create(api: GitHubApi, body: string): Promise<IssueComment> {
    const made = await api.createComment(number, body)
    const first = await findOwn(api, number, marker).catch(() => undefined)
    if (first === undefined || first.id >= made.id) return made
    const updated = await api.updateComment(first.id, body).catch(() => undefined)
    if (updated === undefined) return made
    // Where ours cannot be taken away, both stay, and the older is the one that is kept up to date.
    await api.deleteComment(made.id).catch(() => undefined)
    return updated
  }

  async function update(api: GitHubApi, existing: IssueComment, body: string): Promise<IssueComment> {
    try {
      return await api.updateComment(existing.id, body)
    } catch (error) {
      // It was deleted between our look and now.
      if ((error as { status?: unknown }).status === 404) return await create(api, body)
      throw error
    }
  }

  return {
    find() {
      last = last
        .then(connect)
        .then(find)
        .catch(() => undefined)
    },
    async write(body, { ifPresent } = { ifPresent: false }) {
      const turn = last.then(
        () => write(body, ifPresent),
        () => write(body, ifPresent),
      )
      last = turn
      return await turn
    },
  }
}

/**
 * Gives every comment of ours on a pull request whose marker is not among `known` this text, unless it has it already: the clones
 * that they speak of went without a word. Throws what GitHub throws.
 */
export async function retireOthers(
  api: GitHubApi,
  number: number,
  {
    isMarker,
    known,
    text,
  }: { readonly isMarker: RegExp; readonly known: ReadonlySet<string>; readonly text: string },
): Promise<void> {
  const login = await api.viewerLogin()
  for await (const page of api.comments(number))
    for (const { id, user, body } of page) {
      const marker = firstLine(body) ?? ''
      const isOwn = user?.login === login && isMarker.test(marker) && !known.has(marker)
      if (isOwn && body !== `${marker}\n${text}`) await api.updateComment(id, `${marker}\n${text}`)
    }
}

async function findOwn(api: GitHubApi, number: number, marker: string): Promise<IssueComment | undefined> {
  const login = await api.viewerLogin()
  for await (const page of api.comments(number)) {
    const own = page.find(({ user, body }) => user?.login === login && firstLine(body) === marker)
    if (own !== undefined) return own
  }
  return undefined
}

/** People who edit a comment in the browser leave carriage returns in it. */
function firstLine(body: string | undefined): string | undefined {
  return body?.split(/\r?\n/, 1)[0]
}
