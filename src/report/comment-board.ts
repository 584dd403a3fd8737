import type { Failure } from '../failure.ts'
import type { GitHubApi } from '../github/api.ts'
import { githubReason } from '../github/reason.ts'
import { type StickyComment, retireOthers, stickyComment } from '../github/sticky-comment.ts'
import type { CloneReport } from '../outcome.ts'
import { type Details, IS_MARKER, commentMarker, renderComment, renderMissing } from './clone-markdown.ts'

interface BoardOptions {
  readonly connect: () => Promise<GitHubApi>
  readonly details: Details
  readonly runUrl: string
  readonly region: string
  /** Takes secrets out: the runner masks nothing in comments. */
  readonly hide: (text: string) => string
  readonly warn: (message: string) => void
}

/** What is to be written for one clone. */
interface Pending {
  readonly number: number
  readonly text: string
  readonly ifPresent: boolean
}

/**
 * The comments of a run, one a clone, on the pull requests that the clones belong to. Showing returns at once: nobody's database
 * waits for a comment, and a comment that cannot be written is a warning. Of several states that come while one is being
 * written, only the last is.
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

  /** Looks for the comment that will be shown. */
  expect({ identityHash, pullRequest: number }: CloneReport): void {
    if (identityHash !== '' && number !== undefined) this.#comment(identityHash, number).find()
  }

  show(clone: CloneReport, failure?: Failure): void {
    const { pullRequest: number } = clone
    if (clone.identityHash === '' || number === undefined || this.#refused.has(number)) return
    const text = this.#options.hide(renderComment(clone, this.#options, failure))
    if (this.#shown.get(clone.identityHash) === text) return
    this.#shown.set(clone.identityHash, text)
    // What is gone needs no new comment: only what people were told is put right.
    const ifPresent = ['deleting', 'undeleted', 'destroyed', 'held'].includes(clone.state)
    this.#pending.set(clone.identityHash, { number, text, ifPresent })
    if (this.#writing === undefined) this.#inTurn(() => this.#write())
  }

  /** On a closed pull request: comments on clones that are not among these say that their clone was not found. */
  retireOthers(number: number, identityHashes: readonly string[]): void {
    const known = new Set(identityHashes.map(commentMarker))
    const text = renderMissing(this.#options)
    this.#inTurn(async () => {
      try {
        await retireOthers(await this.#options.connect(), number, { isMarker: IS_MARKER, known, text })
      } catch (error) {
        this.#fail(number, error)
      }
      await this.#write()
    })
  }

  #inTurn(work: () => Promise<void>): void {
    const turn = (this.#writing ?? Promise.resolve()).then(work).then(() => {
      if (this.#writing === turn) this.#writing = undefined
      // Shown in the moment between.
      if (this.#pending.size > 0) this.#inTurn(() => this.#write())
    })
    this.#writing = turn
  }

  /** Comments are still being written. */
  get isWriting(): boolean {
    return this.#writing !== undefined
  }

  /** Resolves when everything shown is written, or after `limitMs`; to the address of the comment written last. */
  async settle(limitMs: number): Promise<string | undefined> {
    const timeout = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => {
      timeout.resolve(undefined)
    }, limitMs)
    await Promise.race([this.#settled(), timeout.promise])
    clearTimeout(timer)
    return this.#url
  }

  async #settled(): Promise<undefined> {
    while (this.#writing !== undefined) await this.#writing
    return undefined
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

  /** One pull request's conversation may be locked; a token that may write nowhere is one warning, not one for each. */
  #fail(number: number, error: unknown): void {
    const { status } = error as { readonly status?: unknown }
    // No answer, or one that says nothing about us, is no refusal: the next state is written.
    const isRefused = typeof status === 'number' && status < 500
    if (isRefused) {
      this.#refused.add(number)
      for (const [hash, pending] of this.#pending) if (pending.number === number) this.#pending.delete(hash)
    }
    if (this.#hasWarned) return
    this.#hasWarned = true
    const remedy = isRefused
      ? ' Give the job `permissions: pull-requests: write`, or set comment: false.'
      : ''
    this.#options.warn(
      `The comment on pull request #${number} could not be written (${githubReason(error)}).${remedy} The job summary has the same content.`,
    )
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
