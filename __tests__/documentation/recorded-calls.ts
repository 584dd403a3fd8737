import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PAGES, blocksOf, inlineCodeOf, read } from './pages.ts'

/** A program that a page calls, with the arguments that it gets there. */
export interface Call {
  readonly page: string
  readonly program: string
  readonly args: readonly string[]
}

/** Programs that pages call. Anything else that a script calls fails it. */
const PROGRAMS = ['aws', 'gh', 'git', 'npm', 'psql']
/** What GitHub says of the repository of the pages. */
const REPOSITORY = { name: 'shop', id: 4711, owner: { login: 'acme', id: 17 }, default_branch: 'main' }
/** What the workflow of docs/recipes.md has put into the environment. */
export const ENVIRONMENT = {
  PGHOST: 'clone-pr-42-orders-99d09ed70c2de0d8.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
  PGPORT: '5432',
  PGUSER: 'app',
  PGDATABASE: 'orders',
  SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!cluster-1',
}

/** As much of jq as the pages use: a text with members of the answer in it. */
function answerOf(page: string): string {
  const [, filter = ''] = /--jq '"(.*?)"'/.exec(read(page)) ?? []
  return filter.replaceAll(/\\\(\.([\w.]+)\)/g, (_, path: string) =>
    String(
      path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], REPOSITORY),
    ),
  )
}

/** Runs a script of a page with programs that only write down how they were called. */
export function callsOf(
  page: string,
  script: string,
  cwd = join(import.meta.dirname, '..', '..'),
): readonly Call[] {
  const folder = mkdtempSync(join(tmpdir(), 'calls-'))
  const calls = join(folder, 'calls')
  writeFileSync(calls, '')
  const setUp = [
    `record() { { printf '%s\\0' "$@"; printf '\\1\\0'; } >> ${calls}; }`,
    ...PROGRAMS.map((program) => `${program}() { record ${program} "$@"; }`),
    `gh() { record gh "$@"; if [[ $1 == api ]]; then echo '${answerOf(page)}'; fi; }`,
    `aws() { record aws "$@"; if [[ $1 == secretsmanager ]]; then echo '{"password":"secret"}'; fi; }`,
    `psql() { [[ $PGPASSWORD == secret ]] && record psql "$@"; }`,
    `jq() { sed -e 's/.*"password":"//' -e 's/".*//'; }`,
  ]
  try {
    execFileSync('bash', ['-euc', [...setUp, script].join('\n')], {
      cwd,
      env: { PATH: process.env['PATH'], ...ENVIRONMENT },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return readFileSync(calls, 'utf8')
      .split('\0\u0001\0')
      .filter((call) => call !== '')
      .map((call) => {
        const [program = '', ...args] = call.split('\0')
        return { page, program, args }
      })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The scripts of all pages: blocks of a shell, and `run` of workflows that call one of the programs. */
export function documentedScripts(): readonly { readonly page: string; readonly script: string }[] {
  return PAGES.flatMap((page) => [
    ...blocksOf(page)
      .filter(({ language }) => ['bash', 'sh', 'shell', 'console'].includes(language))
      .map(({ text }) => ({ page, script: text })),
    ...blocksOf(page)
      .filter(({ language }) => language === 'yaml')
      .flatMap(({ text }) => [...text.matchAll(/^( +)run: \|\n((?:\1 .*\n|\n)+)/gm)])
      .map(([, , script = '']) => ({ page, script })),
    ...inlineCodeOf(page)
      .filter((code) => new RegExp(`^(?:${PROGRAMS.join('|')}) [a-z]`).test(code))
      .map((script) => ({ page, script })),
  ])
}

/** Where a script of docs/role-by-hand.md runs. */
const FOLDERS: Readonly<Record<string, string>> = {
  'docs/role-by-hand.md': join(import.meta.dirname, '..', '..', 'policies'),
}

/** Every call of every page, in the order of the text. The scripts of a page are one session. */
export function documentedCalls(): readonly Call[] {
  const scripts = Map.groupBy(documentedScripts(), ({ page }) => page)
  return [...scripts].flatMap(([page, parts]) =>
    callsOf(page, parts.map(({ script }) => script).join('\n'), FOLDERS[page]),
  )
}
