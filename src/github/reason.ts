import { messageOf } from '../failure.ts'

const MAX_LENGTH = 200

/** Why a call to GitHub failed, in one short line: an outage answers with a whole page. */
export function githubReason(error: unknown): string {
  const { status } = error as { readonly status?: unknown }
  const message = messageOf(error).trim()
  const line = message.startsWith('<')
    ? 'no answer of the API'
    : (message.split('\n')[0] ?? '').slice(0, MAX_LENGTH)
  return typeof status === 'number' ? `GitHub answered ${status}: ${line}` : line
}
