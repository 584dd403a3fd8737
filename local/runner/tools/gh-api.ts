import type { Invocation } from './command-line.ts'
import { applyFilter } from './jq-filter.ts'

/** Calls the API that the run was given, as `gh api` does. What it returns is printed. Throws on anything but success. */
export async function callApi(
  { flags, positionals, values }: Invocation,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { GH_TOKEN: token, GITHUB_API_URL: api } = env
  if (token === undefined || token === '')
    throw new Error(
      'gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.',
    )
  if (api === undefined || api === '') throw new Error('gh: GITHUB_API_URL is not set')
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
  if (!response.ok) throw new Error(`gh: ${messageOf(text)} (HTTP ${response.status})`)
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
