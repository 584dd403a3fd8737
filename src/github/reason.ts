import { formatDuration } from '../duration.ts'
import { messageOf } from '../failure.ts'
import { quote } from '../quotation.ts'
import { rateLimitMs } from './rate-limit.ts'

const MAX_LENGTH = 200

/** Why a call to GitHub failed, in one short line. In an outage the answer may be a whole page. */
export function githubReason(error: unknown): string {
  const { status, response } = error as { readonly status?: unknown; readonly response?: unknown }
  const message = messageOf(error).trim()
  const line = message.startsWith('<') ? 'a web page, not JSON' : quote(message, MAX_LENGTH)
  const waitMs = rateLimitMs(error)
  if (waitMs !== undefined)
    return `GitHub's rate limit is reached; run the job again in ${formatDuration(waitMs)}: ${line}`
  if (isAllowList(line))
    return `the IP allow list of the organization does not have the address of this runner: ${line}`
  // Octokit sets 500 if there was no answer.
  if (status === 500 && response === undefined) return `GitHub did not answer: ${line}`
  return typeof status === 'number' ? `GitHub answered ${status}: ${line}` : line
}

export const ALLOW_LIST_REMEDY =
  'Add the address of this runner to the IP allow list of the GitHub organization, or use a runner that is on it. Then run the job again.'

/** Whether GitHub refused the runner's address. */
export function isAllowList(because: string): boolean {
  return /IP allow list/i.test(because)
}
