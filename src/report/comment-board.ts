import type { Failure } from '../failure.ts'
import type { GitHubApi } from '../github/api.ts'
import { ALLOW_LIST_REMEDY, githubReason, isAllowList } from '../github/reason.ts'
import { type StickyComment, replaceOtherComments, stickyComment } from '../github/sticky-comment.ts'
import type { CloneReport, Details } from '../outcome.ts'
import { IS_MARKER, commentMarker, renderComment, renderMissing } from './clone-markdown.ts'
import { withExpiryNotice } from './expiry-notice.ts'

interface BoardOptions {
  readonly connect: () => Promise<GitHubApi>
  readonly details: Details
  readonly runUrl: string
  readonly region: string
  /** Masks secrets, since the runner masks nothing in comments. */
  readonly hide: (text: string) => string
  readonly warn: (message: string) => void
}

interface Pending {
  readonly number: number
  readonly text: string
  readonly ifPresent: boolean
}

/**
 * The comments of a run, one per clone, on the clones' pull requests. `show` returns at once, since no database waits for a
 * comment. While one state is being written, only the last of the following ones is kept. A failure is only a warning.
 */
export class CommentBoard {
  readonly #options: BoardOptions
  readonly #comments = new Map<string, StickyComment>()
  readonly #pending = new Map<string, Pending>()
  readonly #shown = new Map<string, string>()
  #writing: Promise<void> | undefined
  /** Pull requests that refused a comment. */
  readonly #refused = new Set<number>()
  #hasWarned = false
  #url: string | undefined

  constructor(options: BoardOptions) {
    this.#options = options
  }

  /** Finds the comment before it is written. */
  expect({ identityHash, pullRequest: number }: CloneReport): void {
    if (identityHash !== '' && number !== undefined) this.#comment(identityHash, number).find()
  }

  show(clone: CloneReport, failure?: Failure): void {
    const { pullRequest: number } = clone
    if (clone.identityHash === '' || number === undefined || this.#refused.has(number)) return
    const text = this.#options.hide(renderComment(clone, this.#options, failure))
    if (this.#shown.get(clone.identityHash) === text) return
    this.#shown.set(clone.identityHash, text)
    // For a removed clone, update an existing comment but never create one.
    const ifPresent = ['deleting', 'undeleted', 'destroyed', 'held'].includes(clone.state)
    this.#pending.set(clone.identityHash, { number, text, ifPresent })
    if (this.#writing === undefined) this.#inTurn(() => this.#write())
  }

  /** Says that a clone expires within a day, once, and only in a comment that is there. What else it says stays. */
  announceExpiry({ identityHash, pullRequest: number, expiresAt }: CloneReport): void {
    if (identityHash === '' || number === undefined || expiresAt === undefined) return
    this.#inTurn(async () => {
      try {
        if (!this.#refused.has(number))
          await this.#comment(identityHash, number).amend((text) => withExpiryNotice(text, expiresAt))
      } catch (error) {
        this.#fail(number, error)
      }
      await this.#write()
    })
  }

  /** Makes all other comments of a closed pull request say that their clone was not found. */
  retireOthers(number: number, identityHashes: readonly string[]): void {
    const known = new Set(identityHashes.map(commentMarker))
    const text = renderMissing(this.#options)
    this.#inTurn(async () => {
      try {
        await replaceOtherComments(await this.#options.connect(), number, {
          isMarker: IS_MARKER,
          known,
          text,
        })
      } catch (error) {
        this.#fail(number, error)
      }
      await this.#write()
    })
  }

  #inTurn(work: () => Promise<void>): void {
    const turn = (this.#writing ?? Promise.resolve()).then(work).then(() => {
      if (this.#writing === turn) this.#writing = undefined
      // `show` may have been called meanwhile.
      if (this.#pending.size > 0) this.#inTurn(() => this.#write())
    })
    this.#writing = turn
  }

  get isWriting(): boolean {
    return this.#writing !== undefined
  }

  /** Waits until everything is written, at most `limitMs`. Resolves to the address of the comment written last. */
  async settle(limitMs: number): Promise<string | undefined> {
    const timeout = Promise.withResolvers<unknown>()
    const timer = setTimeout(timeout.resolve, limitMs)
    await Promise.race([this.#settled(), timeout.promise])
    clearTimeout(timer)
    if (this.isWriting) this.#warnOnce('The comment is not written yet: GitHub does not answer.')
    return this.#url
  }

  async #settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
  }

  async #write(): Promise<void> {
    for (;;) {
      const [next] = this.#pending
      if (next === undefined) break
      const [hash, { number, text, ifPresent }] = next
      this.#pending.delete(hash)
      try {
        this.#url = (await this.#comment(hash, number).write(text, { ifPresent })) ?? this.#url
      } catch (error) {
        this.#shown.delete(hash)
        this.#fail(number, error)
      }
    }
  }

  /** One conversation may be locked, so the others are still tried. But there is only one warning. */
  #fail(number: number, error: unknown): void {
    const { status } = error as { readonly status?: unknown }
    // Without an answer, or with a server error, the next state is still tried.
    const isRefused = typeof status === 'number' && status < 500
    if (isRefused) {
      this.#refused.add(number)
      for (const [hash, pending] of this.#pending) if (pending.number === number) this.#pending.delete(hash)
    }
    const reason = githubReason(error)
    const remedy = isAllowList(reason)
      ? ` ${ALLOW_LIST_REMEDY}`
      : isRefused
        ? ' Give the job `permissions: pull-requests: write`, or set comment: false.'
        : ''
    this.#warnOnce(`The comment on pull request #${number} could not be written (${reason}).${remedy}`)
  }

  #warnOnce(message: string): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#options.warn(`${message} The job summary has the same content.`)
  }

  #comment(hash: string, number: number): StickyComment {
    const existing = this.#comments.get(hash)
    if (existing !== undefined) return existing
    const { connect } = this.#options
    const comment = stickyComment({ connect, number, marker: commentMarker(hash) })
    this.#comments.set(hash, comment)
    return comment
  }
}
