import { readFileSync } from 'node:fs'
import * as core from '@actions/core'
import { type Failure, MAX_MESSAGE_LENGTH, messageOf } from './failure.ts'
import type { ReadInput } from './input-values.ts'
import type { Log } from './log.ts'
import { quote, shorten } from './quotation.ts'
import { escapeLogLine } from './escape.ts'
import { Secrets } from './secrets.ts'

export const readInput: ReadInput = (name) => core.getInput(name)

export const secrets = new Secrets((secret) => {
  core.setSecret(secret)
})

/** Every log line and message is passed through this. */
export function printable(text: string): string {
  return shorten(secrets.hide(text), MAX_MESSAGE_LENGTH)
}

export const log: Log = {
  info: (line) => {
    core.info(escapeLogLine(printable(line)))
  },
  warning: (line) => {
    core.warning(printable(line))
  },
  debug: (line) => {
    core.debug(escapeLogLine(printable(line)))
  },
  group: (title, phase) => core.group(escapeLogLine(printable(title)), phase),
}

/** The payload of the event; `undefined` if there is no readable file. */
export function readEvent(): unknown {
  const path = process.env['GITHUB_EVENT_PATH']
  if (path === undefined || path === '') return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (error) {
    log.warning(
      `The event file (GITHUB_EVENT_PATH) is empty or broken: ${quote(messageOf(error))}. This run continues without the event.`,
    )
    return undefined
  }
}

/**
 * Masks the token, proxy passwords, and the secrets that the AWS SDK reads from the environment, before anything is printed.
 * `maskCredentials` masks the secrets that the SDK finds elsewhere.
 */
export function maskSecrets(): void {
  secrets.add(readInput('github-token'))
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN'])
    secrets.add(process.env[name], SHORTEST_OF_AWS)
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']) {
    const address = process.env[name] ?? ''
    const password = URL.canParse(address) ? new URL(address).password : ''
    secrets.add(password)
    secrets.add(unescapePercent(password))
  }
}

/** Secret keys have 40 characters, tokens hundreds. AWS emulators take words such as `test`, which outputs may contain. */
export const SHORTEST_OF_AWS = 16

/** Some proxy variables contain percent signs that escape nothing. Then the text stays as it is. */
function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Writes the one annotation of a failed step and sets its exit status. */
export function failStep({ title, message, cause }: Failure): void {
  core.error(printable(message), { title })
  if (cause !== undefined) log.debug(describeCause(cause))
  process.exitCode = 1
}

/** The stack. Its first lines quote answers, so each line is treated as text from outside. */
function describeCause(cause: unknown): string {
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  return text
    .split('\n')
    .map((line) => `${/^ */.exec(line)?.[0] ?? ''}${quote(line)}`)
    .join('\n')
}
