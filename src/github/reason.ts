import { messageOf } from '../failure.ts'
import { quote } from '../quotation.ts'

const MAX_LENGTH = 200

/** Why a call to GitHub failed, in one short line: an outage answers with a whole page. */
export function githubReason(error: unknown): string {
  const { status, response } = error as { readonly status?: unknown; readonly response?: unknown }
  const message = messageOf(error).trim()
  const line = message.startsWith('<') ? 'no answer of the API' : quote(message, MAX_LENGTH)
  // Octokit gives 500 to what never was answered.
  if (status === 500 && response === undefined) return `GitHub did not answer: ${line}`
  return typeof status === 'number' ? `GitHub answered ${status}: ${line}` : line
}
