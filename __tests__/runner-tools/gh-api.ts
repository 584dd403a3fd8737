import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Invocation } from './command-line.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Whom gh calls, and with which token: it looks neither at GITHUB_API_URL nor at GITHUB_SERVER_URL, and an enterprise server's
 * token has a variable of its own [GitHub CLI manual, gh help environment]. Pure.
 */
export function ghTarget(env: Environment): { readonly host: string; readonly token: string } {
  const { GH_HOST: host = 'github.com' } = env
  const isServer = host !== 'github.com' && !host.endsWith('.ghe.com')
  const name = isServer ? 'GH_ENTERPRISE_TOKEN' : 'GH_TOKEN'
  const token = env[name] ?? ''
  if (token === '')
    throw new Error(`To use GitHub CLI in a GitHub Actions workflow, set the ${name} environment variable.`)
  return { host, token }
}

/** Calls the API that the run was given, as `gh api` does. What it returns is printed. Throws on anything but success. */
export async function callApi({ flags, positionals, values }: Invocation, env: Environment): Promise<string> {
  const { GITHUB_API_URL: api = '', GITHUB_SERVER_URL: server = '' } = env
  const { host, token } = ghTarget(env)
  const own = new URL(server).host
  if (host !== own) throw new Error(`Bad credentials (HTTP 401): ${host} was called in a run of ${own}`)
  const fields = values['--raw-field']
  // Loading `fetch` takes longer than all else that this program does.
  const asking = request(`${api}/${positionals[0] ?? ''}`, {
    method: values['--method']?.at(-1) ?? 'GET',
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `token ${token}`,
      'user-agent': 'gh',
      ...(fields === undefined ? {} : { 'content-type': 'application/json' }),
    },
    signal: AbortSignal.timeout(120_000),
  })
  asking.end(fields === undefined ? undefined : JSON.stringify(listsOf(fields)))
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  const body = await text(response)
  const { statusCode = 0 } = response
  if (statusCode < 200 || statusCode > 299) throw new Error(`${body} (HTTP ${statusCode})`)
  if (flags.includes('--silent')) return ''
  const filter = values['--jq']?.at(-1)
  return filter === undefined ? body : applyFilter(filter, JSON.parse(body)).join('\n')
}

/** Fields such as `labels[]=text`: each adds an item to its list. */
function listsOf(fields: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const lists: Record<string, string[]> = {}
  for (const field of fields) {
    const [, name = '', value = ''] = /^(\w+)\[\]=(.*)$/s.exec(field) ?? []
    lists[name] = [...(lists[name] ?? []), value]
  }
  return lists
}

/** As much of jq as the examples use: `.a.b`, and `.a[].b` for each item, where that is a text. One line a result. Pure. */
export function applyFilter(filter: string, input: unknown): readonly string[] {
  if (!/^(?:\.\w+(?:\[\])?)+$/.test(filter)) throw new Error(`filter "${filter}" is not supported`)
  let values: readonly unknown[] = [input]
  for (const [, name = '', each] of filter.matchAll(/\.(\w+)(\[\])?/g)) {
    const members = values.map((value) => (value as Partial<Record<string, unknown>>)[name])
    values = each === undefined ? members : members.flatMap((member) => [...(member as readonly unknown[])])
  }
  return values.map((value) => {
    if (typeof value !== 'string') throw new Error(`${filter}: ${JSON.stringify(value)} is no text`)
    return value
  })
}
