import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { LocalCloud } from '../../local/cloud.ts'
import type { WorkflowEvent } from '../../local/github/events.ts'
import { forServer } from '../../scripts/server-workflow.ts'
import { PUBLISHED_ACTION } from '../../local/product.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Where `.ci/run` installs it. */
export const ACT = join(ROOT, '.cache', 'bin', 'act')

/** With all the time that steps need: a slow machine takes minutes of a fast clock for each. */
export function patient(workflow: string): string {
  return workflow.replace(/^( +)(?:label: clone-db|mode: sweep)$/m, '$&\n$1wait-timeout: 1d')
}

/** Nothing listens there: what is not on loopback is not reached, and fails the run. */
const NOWHERE = 'http://127.0.0.1:9'
const LOOPBACK = '127.0.0.1'
const TIMEOUT_MS = 120_000
const REPLACEMENT = pathToFileURL(
  join(ROOT, 'local', 'runner', 'actions', 'configure-aws-credentials.ts'),
).href
/** As the examples and our workflows pin it. */
const CREDENTIALS = /aws-actions\/configure-aws-credentials@[0-9a-f]{40}/

export interface ActRun {
  readonly isGreen: boolean
  /** By the id of the job: what its steps set, the later over the earlier. Jobs that did not start are missing. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The summaries of all steps. */
  readonly summary: string
  /** For people who read why a test failed. */
  readonly log: string
}

/** nektos/act, a runner of workflows by other people, with a repository whose team has saved these workflows. */
export class Act {
  readonly #directory = mkdtempSync(join(tmpdir(), 'act-'))
  readonly #cloud: LocalCloud
  readonly #token: string
  #runs = 0

  constructor(options: {
    readonly cloud: LocalCloud
    readonly token: string
    readonly workflows: Readonly<Record<string, string>>
  }) {
    this.#cloud = options.cloud
    this.#token = options.token
    this.#writeRelease(this.#path('release'))
    this.#write('credentials/action.yml', 'name: a\nruns: { using: node24, main: index.mjs }\n')
    this.#write('credentials/index.mjs', CREDENTIALS_STEP)
    // Without this file, act asks which image it may download.
    this.#write('home/.config/act/actrc', '')
    this.#writeRelease(this.#path('team'))
    for (const [name, text] of Object.entries(options.workflows))
      this.#write(`team/.github/workflows/${name}`, text)
    const git = (...args: readonly string[]): void => {
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
        cwd: this.#path('team'),
      })
    }
    git('init', '--quiet', '--initial-branch=main')
    git('add', '.')
    git('commit', '--quiet', '--message=a')
  }

  /** Plays one workflow for an event. Runs for forks have no OIDC token. */
  async play(workflow: string, event: WorkflowEvent, { hasIdentity = true } = {}): Promise<ActRun> {
    this.#runs += 1
    const eventFile = `events/${this.#runs}.json`
    this.#write(eventFile, JSON.stringify(event.payload))
    const environment = { ...withoutCredentials(this.#cloud), ...this.#variables(event, hasIdentity) }
    const args = [
      event.name,
      '--json',
      ...['--workflows', `.github/workflows/${workflow}`, '--eventpath', this.#path(eventFile)],
      ...[
        '--actor',
        event.actor.login,
        '--secret',
        'GITHUB_TOKEN',
        '--platform',
        'ubuntu-latest=-self-hosted',
      ],
      ...['--action-offline-mode', '--no-cache-server', '--action-cache-path', this.#path('cache')],
      ...this.#repositories().flatMap((repository) => ['--local-repository', repository]),
      ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ]
    return await this.#execute(args)
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #path(name: string): string {
    return join(this.#directory, name)
  }

  #write(name: string, text: string): void {
    mkdirSync(dirname(this.#path(name)), { recursive: true })
    writeFileSync(this.#path(name), text)
  }

  /** What a tag of ours has, without what act does not know. */
  #writeRelease(directory: string): void {
    for (const name of ['action.yml', 'dist'])
      cpSync(join(ROOT, name), join(directory, name), { recursive: true })
    mkdirSync(join(directory, '.github', 'workflows'), { recursive: true })
    for (const name of ['pr-database-ghes.yml', 'sweep.yml']) {
      const path = join('.github', 'workflows', name)
      writeFileSync(join(directory, path), patient(forServer(readFileSync(join(ROOT, path), 'utf8'))))
    }
  }

  #repositories(): readonly string[] {
    const [credentials = ''] =
      CREDENTIALS.exec(readFileSync(join(ROOT, 'examples', 'direct.yml'), 'utf8')) ?? []
    return [`${PUBLISHED_ACTION}=${this.#path('release')}`, `${credentials}=${this.#path('credentials')}`]
  }

  #variables(event: WorkflowEvent, hasIdentity: boolean): Readonly<Record<string, string>> {
    const { github } = this.#cloud
    return {
      GITHUB_API_URL: github.url,
      GITHUB_GRAPHQL_URL: github.graphqlUrl,
      GITHUB_REPOSITORY: event.repository.fullName,
      GITHUB_REPOSITORY_ID: String(event.repository.id),
      GITHUB_REPOSITORY_OWNER: event.repository.owner.login,
      GITHUB_RUN_ID: String(this.#runs),
      GITHUB_SERVER_URL: github.serverUrl,
      NODE_OPTIONS: `--import ${pathToFileURL(join(ROOT, 'local', 'time', 'warp.ts')).href}`,
      ...(hasIdentity && {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/_apis/idtoken?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: this.#token,
      }),
    }
  }

  async #execute(args: readonly string[]): Promise<ActRun> {
    const node = join(ROOT, 'node_modules', '.bin')
    const env = {
      GITHUB_TOKEN: this.#token,
      HOME: this.#path('home'),
      PATH: [node, process.env['PATH']].join(delimiter),
      HTTP_PROXY: NOWHERE,
      HTTPS_PROXY: NOWHERE,
      NO_PROXY: LOOPBACK,
    }
    return await new Promise((resolve) => {
      const options = { cwd: this.#path('team'), env, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 }
      execFile(ACT, args, options, (error, stdout, stderr) => {
        resolve({ isGreen: error === null, ...readLog(stdout), log: `${stdout}\n${stderr}` })
      })
    })
  }
}

/** A step has to get them for itself. */
function withoutCredentials({ environment }: LocalCloud): Readonly<Record<string, string>> {
  const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !keys.includes(name)))
}

/** One line of what act prints with --json, as far as it is read here. */
interface LogLine {
  readonly jobID?: string
  readonly command?: string
  readonly name?: string
  readonly arg?: string
  readonly content?: string
}

function readLog(text: string): Pick<ActRun, 'outputs' | 'summary'> {
  const outputs: Record<string, Record<string, string>> = {}
  const summaries: string[] = []
  for (const line of text.split('\n').filter((each) => each.startsWith('{'))) {
    const { arg = '', command, content = '', jobID, name = '' } = JSON.parse(line) as LogLine
    if (jobID === undefined) continue
    const ofJob = (outputs[jobID] ??= {})
    if (command === 'set-output') ofJob[name] = arg
    if (command === 'summary') summaries.push(content)
  }
  return { outputs, summary: summaries.join('\n') }
}

/** The replacement that our own runner plays, too, as an action: it checks the inputs, and its credentials are never the same. */
const CREDENTIALS_STEP = `
import { appendFileSync } from 'node:fs'
import { configureAwsCredentials } from ${JSON.stringify(REPLACEMENT)}

const inputs = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith('INPUT_') ? [[name.slice('INPUT_'.length).toLowerCase(), value]] : [],
  ),
)
try {
  const step = { uses: 'aws-actions/configure-aws-credentials', inputs, env: process.env, log: console.log }
  const { exportedEnv, masks, outputs } = configureAwsCredentials(step)
  for (const mask of masks) console.log('::add-mask::' + mask)
  const write = (file, values) => {
    for (const [name, value] of Object.entries(values)) appendFileSync(file, name + '=' + value + '\\n')
  }
  write(process.env.GITHUB_ENV, exportedEnv)
  write(process.env.GITHUB_OUTPUT, outputs)
} catch (error) {
  console.log('::error::' + error.message)
  process.exitCode = 1
}
`
