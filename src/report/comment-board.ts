import type { Failure } from '../failure.ts'
import type { GitHubApi } from '../github/api.ts'
import { githubReason } from '../github/reason.ts'
import { type StickyComment, stickyComment } from '../github/sticky-comment.ts'
import type { CloneReport } from '../outcome.ts'
import { type Details, commentMarker, renderComment } from './clone-markdown.ts'

interface BoardOptions {
  readonly connect: () => Promise<GitHubApi>
  readonly number: number
  readonly details: Details
  readonly runUrl: string
  readonly warn: (message: string) => void
}

/**
 * The comments of a run, one a clone. Showing returns at once: nobody's database waits for a comment, and a comment that cannot
 * be written is a warning. Of several states that come while one is being written, only the last is.
 */
export class CommentBoard {
  readonly #options: BoardOptions
  readonly #comments = new Map<string, StickyComment>()
  readonly #pending = new Map<string, { readonly text: string; readonly ifPresent: boolean }>()
  readonly #shown = new Map<string, string>()
  #writing: Promise<void> | undefined
  #failed = false
  #url: string | undefined

  constructor(options: BoardOptions) {
    this.#options = options
  }

  /** Looks for the comment that will be shown. */
  expect({ identityHash }: CloneReport): void {
    if (identityHash !== '') this.#comment(identityHash).find()
  }

  show(clone: CloneReport, failure?: Failure): void {
    if (clone.identityHash === '' || this.#failed) return
    const text = renderComment(clone, this.#options, failure)
    if (this.#shown.get(clone.identityHash) === text) return
    this.#shown.set(clone.identityHash, text)
    // What is gone needs no new comment: only what people were told is put right.
    const ifPresent = clone.state === 'deleting' || clone.state === 'destroyed' || clone.state === 'held'
    this.#pending.set(clone.identityHash, { text, ifPresent })
    this.#writing ??= this.#write()
  }

  /** Resolves when everything shown is written, or after `limitMs`; to the address of the comment written last. */
  async settle(limitMs: number): Promise<string | undefined> {
    const timeout = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => {
      timeout.resolve(undefined)
    }, limitMs)
    await Promise.race([this.#writing, timeout.promise])
    clearTimeout(timer)
    return this.#url
  }

  async #write(): Promise<void> {
    try {
      for (;;) {
        const [next] = this.#pending
        if (next === undefined) return
        const [hash, { text, ifPresent }] = next
        this.#pending.delete(hash)
        this.#url = (await this.#comment(hash).write(text, { ifPresent })) ?? this.#url
      }
    } catch (error) {
      this.#failed = true
      this.#options.warn(
        `The comment on the pull request could not be written (${githubReason(error)}). Give the job \`permissions: pull-requests: write\`, or set comment: false. The job summary has the same content.`,
      )
    } finally {
      this.#writing = undefined
    }
  }

  #comment(hash: string): StickyComment {
    const existing = this.#comments.get(hash)
    if (existing !== undefined) return existing
    const { connect, number } = this.#options
    const comment = stickyComment({ connect, number, marker: commentMarker(hash) })
    this.#comments.set(hash, comment)
    return comment
  }
}
