import { shortenLines } from '../quotation.ts'
import type { GitHubApi, IssueComment } from './api.ts'

export interface StickyComment {
  /** Finds the comment before the first `write`. An error is ignored, since `write` meets it again. */
  find(): void
  /**
   * Updates the comment, or creates it unless `ifPresent` is set. Resolves to its address. Calls are executed one after
   * another.
   */
  write(body: string, options?: Readonly<{ ifPresent: boolean }>): Promise<string | undefined>
  /** Changes the text of the comment as it is now. Without a comment, or without a change, nothing is written. */
  amend(change: (text: string) => string): Promise<void>
}

/**
 * GitHub refuses longer comments with 422 ("maximum is 65536 characters"; others measured 262,144 bytes). This is below either
 * limit and leaves room for what GitHub may add.
 */
const MAX_BODY_BYTES = 60_000

interface Place {
  readonly number: number
  readonly marker: string
}

/**
 * One comment per clone. It is found by its author *and* its hidden marker, which is its whole first line. Any commenter could
 * forge a marker, and other workflows of the same author may quote one.
 */
export function stickyComment({
  connect,
  ...place
}: Place & Readonly<{ connect: () => Promise<GitHubApi> }>): StickyComment {
  let known: Promise<IssueComment | undefined> | undefined
  let last: Promise<unknown> = Promise.resolve()

  async function find(api: GitHubApi): Promise<IssueComment | undefined> {
    known ??= findOwn(api, place)
    return await known.catch((error: unknown) => {
      known = undefined
      throw error
    })
  }

  async function write(text: string, ifPresent: boolean): Promise<string | undefined> {
    const api = await connect()
    const existing = await find(api)
    const body = `${place.marker}\n${shortenLines(text, MAX_BODY_BYTES)}`
    if (existing === undefined && ifPresent) return undefined
    if (existing?.body === body) return existing.html_url
    // If the call fails, the comment may still have been written, so the next call searches again.
    known = undefined
    const written =
      existing === undefined
        ? await create(api, place, body)
        : await update(api, { ...place, existing }, body)
    known = Promise.resolve({ ...written, body })
    return written.html_url
  }

  async function amend(change: (text: string) => string): Promise<void> {
    const api = await connect()
    // Another run may have written it since.
    known = undefined
    const existing = await find(api)
    const text = existing?.body?.slice(place.marker.length).replace(/^\r?\n/, '') ?? ''
    const changed = change(text)
    if (existing === undefined || changed === text) return
    known = undefined
    await api.updateComment(existing.id, `${place.marker}\n${shortenLines(changed, MAX_BODY_BYTES)}`)
  }

  return {
    find() {
      last = last
        .then(connect)
        .then(find)
        .catch(() => undefined)
    },
    async write(body, { ifPresent } = { ifPresent: false }) {
      const turn = (): Promise<string | undefined> => write(body, ifPresent)
      const written = last.then(turn, turn)
      last = written
      return await written
    },
    async amend(change) {
      const turn = (): Promise<void> => amend(change)
      const amended = last.then(turn, turn)
      last = amended
      await amended
    },
  }
}

/** If two concurrent runs both create a comment, the older one is kept, with the text written last. */
async function create(api: GitHubApi, place: Place, body: string): Promise<IssueComment> {
  const made = await api.createComment(place.number, body)
  const first = await findOwn(api, place).catch(() => undefined)
  if (first === undefined || first.id >= made.id) return made
  const updated = await api.updateComment(first.id, body).catch(() => undefined)
  if (updated === undefined) return made
  // If ours cannot be deleted, both stay, and only the older one is updated from now on.
  await api.deleteComment(made.id).catch(() => undefined)
  return updated
}

async function update(
  api: GitHubApi,
  { existing, ...place }: Place & Readonly<{ existing: IssueComment }>,
  body: string,
): Promise<IssueComment> {
  try {
    return await api.updateComment(existing.id, body)
  } catch (error) {
    // It was deleted after this run found it.
    if ((error as { status?: unknown }).status === 404) return await create(api, place, body)
    throw error
  }
}

/** Gives `text` to this action's comments on a pull request whose marker is not in `known`. Throws GitHub's errors. */
export async function replaceOtherComments(
  api: GitHubApi,
  number: number,
  { isMarker, known, text }: Readonly<{ isMarker: RegExp; known: ReadonlySet<string>; text: string }>,
): Promise<void> {
  const login = await api.viewerLogin()
  for await (const page of api.comments(number))
    for (const { id, user, body } of page) {
      const marker = firstLine(body) ?? ''
      const isOwn = user?.login === login && isMarker.test(marker) && !known.has(marker)
      if (isOwn && body !== `${marker}\n${text}`) await api.updateComment(id, `${marker}\n${text}`)
    }
}

async function findOwn(api: GitHubApi, { number, marker }: Place): Promise<IssueComment | undefined> {
  const login = await api.viewerLogin()
  for await (const page of api.comments(number)) {
    const own = page.find(({ user, body }) => user?.login === login && firstLine(body) === marker)
    if (own !== undefined) return own
  }
  return undefined
}

/** A comment edited in a browser has carriage returns. */
function firstLine(body: string | undefined): string | undefined {
  return body?.split(/\r?\n/, 1)[0]
}
