import { messageOf } from '../failure.ts'
import { quote } from '../quotation.ts'

const MAX_LENGTH = 200

/** Why a call to GitHub failed, in one short line. In an outage the answer may be a whole page. */
export function githubReason(error: unknown): string {
  const { status, response } = error as { readonly status?: unknown; readonly response?: unknown }
  const message = messageOf(error).trim()
  const line = message.startsWith('<') ? 'no answer of the API' : quote(message, MAX_LENGTH)
  // Octokit sets 500 if there was no answer.
  if (status === 500 && response === undefined) return `GitHub did not answer: ${line}`
  return typeof status === 'number' ? `GitHub answered ${status}: ${line}` : line
}
