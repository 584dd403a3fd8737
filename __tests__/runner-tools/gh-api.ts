import type { Invocation } from './command-line.ts'
import { applyFilter } from './jq-filter.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Whom gh calls, and with which token: it looks neither at GITHUB_API_URL nor at GITHUB_SERVER_URL, and an enterprise server's
 * token has a variable of its own [GitHub CLI manual, gh help environment]. Pure.
 */
export function ghTarget(env: Environment): { readonly host: string; readonly token: string } {
  const given = env['GH_HOST'] ?? ''
  const host = given === '' ? 'github.com' : given.toLowerCase()
  const isServer = host !== 'github.com' && !host.endsWith('.ghe.com')
  const names = isServer ? ['GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN'] : ['GH_TOKEN', 'GITHUB_TOKEN']
  const token = names.map((name) => env[name] ?? '').find((value) => value !== '')
  if (token === undefined)
    throw new Error(
      `To use GitHub CLI in a GitHub Actions workflow, set the ${names[0] ?? ''} environment variable.`,
    )
  return { host, token }
}

/** Calls the API that the run was given, as `gh api` does. What it returns is printed. Throws on anything but success. */
export async function callApi({ flags, positionals, values }: Invocation, env: Environment): Promise<string> {
  const { GITHUB_API_URL: api = '', GITHUB_SERVER_URL: server = '' } = env
  if (api === '' || server === '') throw new Error('GITHUB_API_URL or GITHUB_SERVER_URL is not set')
  const { host, token } = ghTarget(env)
  const own = new URL(server).host
  if (host !== own) throw new Error(`Bad credentials (HTTP 401): ${host} was called in a run of ${own}`)
  const fields = bodyOf(values['--raw-field'] ?? [])
  const method = values['--method']?.at(-1) ?? (fields === undefined ? 'GET' : 'POST')
  const path = (positionals[0] ?? '').replace(/^\//, '')
  const response = await fetch(`${api}/${path}`, {
    method,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `token ${token}`,
      'user-agent': 'gh',
      ...(fields === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(fields === undefined ? {} : { body: JSON.stringify(fields) }),
    signal: AbortSignal.timeout(30_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${messageOf(text)} (HTTP ${response.status})`)
  if (flags.includes('--silent')) return ''
  const filter = values['--jq']?.at(-1)
  return filter === undefined ? text : applyFilter(filter, JSON.parse(text)).join('\n')
}

/** `name=text`, and `name[]=text` for a list. */
function bodyOf(fields: readonly string[]): Readonly<Record<string, string | readonly string[]>> | undefined {
  if (fields.length === 0) return undefined
  const texts: Record<string, string> = {}
  const lists: Record<string, string[]> = {}
  for (const field of fields) {
    const [, name = '', isList, value = ''] = /^(\w+)(\[\])?=(.*)$/s.exec(field) ?? []
    if (isList === undefined) texts[name] = value
    else lists[name] = [...(lists[name] ?? []), value]
  }
  return { ...texts, ...lists }
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown }
    return typeof message === 'string' ? message : text
  } catch {
    return text
  }
}
