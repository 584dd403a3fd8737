import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import type { WorkflowEvent } from '../github/events.ts'
import type { Site } from '../github/representation.ts'
import type { CloudClock } from '../time/clock.ts'
import { StepLog, type Annotation } from './commands.ts'
import { parseFileCommand } from './file-commands.ts'

export interface StepOptions {
  /** The action's `main`, e.g. `dist/index.js`; with `interpreter`, what that runs. */
  readonly script: string
  /** Instead of Node.js, such as `['bash', '-e']`: a `run:` step. Its process leads a group, so that its children can be found. */
  readonly interpreter?: readonly [command: string, ...args: string[]]
  /** Absolute; the workspace by default. */
  readonly workingDirectory?: string
  readonly event: WorkflowEvent
  readonly github: Site
  /** `github.token`: for `${{ github.token }}` in defaults, and masked. The process sees it only through an input. */
  readonly token?: string
  /** `with:` */
  readonly inputs?: Readonly<Record<string, string>>
  /** Every input that action.yml declares, with its default. */
  readonly inputDefaults?: Readonly<Record<string, string | undefined>>
  /** `env:`, and whatever else the process is to find in its environment. Wins over everything. */
  readonly env?: Readonly<Record<string, string>>
  /** What the runner masks from the beginning. */
  readonly secrets?: readonly string[]
  /** What an earlier phase saved: STATE_*. */
  readonly state?: Readonly<Record<string, string>>
  /** Stands still while the process works, where it is a simulated one. */
  readonly clock?: Pick<CloudClock, 'follow'>
  /** Flags of Node for its process. */
  readonly nodeFlags?: readonly string[]
  readonly node?: string
  /** The name of the workflow, and its file. */
  readonly workflow?: string
  readonly workflowPath?: string
  readonly job?: string
  /** GITHUB_ACTION: the id of the step. */
  readonly action?: string
  readonly runId?: number
  readonly runNumber?: number
  readonly runAttempt?: number
  /** "Enable debug logging": RUNNER_DEBUG, and `::debug::` lines are shown. */
  readonly debug?: boolean
  /** Directories that outlive the step, as those of one job do; without them it gets its own, removed afterwards. */
  readonly home?: string
  readonly workspace?: string
  readonly runnerTemp?: string
  readonly onStdout?: (text: string) => void
  /** A line of the log, as its reader sees it. */
  readonly onLog?: (line: string) => void
  /** SIGKILL after so many real milliseconds, so that no test hangs. */
  readonly timeoutMs?: number
  /**
   * Plays the action in this very process instead of a child: it gets the environment and where to write, and resolves to
   * the exit code. Measures what a child would hide, such as the coverage of sources; it cannot be cancelled.
   */
  readonly inProcess?: (
    environment: Readonly<Record<string, string>>,
    write: (text: string) => void,
  ) => Promise<number>
  /** Between SIGINT and SIGTERM, and between SIGTERM and SIGKILL. */
  readonly cancelGraceMs?: { readonly interrupt: number; readonly terminate: number }
}

export interface StepResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly timedOut: boolean
  readonly conclusion: 'success' | 'failure' | 'cancelled'
  /** Raw, as the process wrote it. */
  readonly stdout: string
  readonly stderr: string
  /** What a reader of the Actions page sees. */
  readonly log: string
  readonly annotations: readonly Annotation[]
  readonly masks: readonly string[]
  readonly outputs: Readonly<Record<string, string>>
  readonly exportedEnv: Readonly<Record<string, string>>
  readonly addedPaths: readonly string[]
  readonly state: Readonly<Record<string, string>>
  /** Raw: the runner masks it when it uploads it. */
  readonly summary: string
  readonly durationMs: number
  /** The text of a file that the step left in RUNNER_TEMP, by absolute path or relative to it. */
  readTempFile(path: string): string
}

/** When each signal was needed, in real milliseconds after the cancellation began. */
export interface Cancellation {
  readonly interruptedAfterMs: number
  readonly terminatedAfterMs: number | undefined
  readonly killedAfterMs: number | undefined
  readonly endedAfterMs: number
}

export interface RunningStep {
  readonly pid: number | undefined
  readonly result: Promise<StepResult>
  /** SIGINT, then SIGTERM, then SIGKILL, as the runner cancels a step [actions §2.1]; resolves when it ended. */
  cancel(): Promise<Cancellation>
  /** SIGKILL at once: the machine is gone. */
  kill(): void
}

/** Runner 2.336: 7.5 s after SIGINT it sends SIGTERM, 2.5 s later it kills [actions §2.1]. */
const RUNNER_GRACE_MS = { interrupt: 7_500, terminate: 2_500 }
const MAX_SUMMARY_BYTES = 1_024 * 1_024
/** An orphan that inherited the pipes may hold them open for ever. */
const PIPE_GRACE_MS = 1_000
// Taken before anybody can replace it, as a run in this process does.
const realSetTimeout = setTimeout

/** Runs a JavaScript action once, from start to end, as the GitHub runner would. */
export async function playStep(options: StepOptions): Promise<StepResult> {
  return await startStep(options).result
}

/** The same, with a hand on the running process. */
export function startStep(options: StepOptions): RunningStep {
  const inputs = inputVariables(options)
  const directory = mkdtempSync(join(tmpdir(), 'step-'))
  const files = makeFiles(directory, options)
  const log = new StepLog({ showDebug: options.debug === true, onLine: options.onLog ?? (() => undefined) })
  for (const secret of [options.token, ...(options.secrets ?? [])]) {
    if (secret !== undefined) log.addMask(secret)
  }
  warnAboutUnknownInputs(log, options)

  const startedAt = performance.now()
  const environment = { ...stepEnvironment(options, files), ...inputs, ...options.env }
  const output = { stdout: '', stderr: '' }
  const onStdout = options.onStdout ?? ((): void => undefined)
  const child =
    options.inProcess === undefined
      ? startProcess(options, { cwd: options.workingDirectory ?? files.workspace, environment })
      : undefined
  if (child !== undefined) followLines(child, { log, output, onStdout })
  const followed =
    child && options.clock?.follow?.(child, `the process of ${options.action ?? options.script}`)
  const kill = (signal: NodeJS.Signals): boolean => {
    const isSent = child?.kill(signal) ?? false
    followed?.woken()
    return isSent
  }

  const progress = { isCancelled: false, timedOut: false }
  const deadline = realSetTimeout(() => {
    progress.timedOut = true
    kill('SIGKILL')
  }, options.timeoutMs ?? 120_000)
  const exited =
    child === undefined ? playHere(options, { environment, log, output, onStdout }) : exitOf(child)
  const result = exited
    .then(({ code, signal }) => {
      const durationMs = performance.now() - startedAt
      return { ...collect({ files, log }), ...output, exitCode: code, signal, durationMs }
    })
    .then(({ failed, ...collected }): StepResult => {
      const { isCancelled, timedOut } = progress
      const succeeded = collected.exitCode === 0 && !failed
      const conclusion = isCancelled ? 'cancelled' : succeeded ? 'success' : 'failure'
      return { ...collected, timedOut, conclusion, log: log.lines.join('\n') }
    })
    .finally(() => {
      clearTimeout(deadline)
      rmSync(directory, { recursive: true, force: true })
    })
  return {
    pid: child?.pid,
    result,
    cancel: async () => {
      if (child === undefined) throw new Error('a step that is played in process cannot be cancelled')
      progress.isCancelled = true
      return await climbSignals(kill, { exited, graceMs: options.cancelGraceMs ?? RUNNER_GRACE_MS })
    },
    kill: () => {
      kill('SIGKILL')
    },
  }
}

function startProcess(
  options: StepOptions,
  { cwd, environment }: { readonly cwd: string; readonly environment: Readonly<Record<string, string>> },
): ChildProcess {
  const node = options.node ?? process.execPath
  const [command, ...args] = options.interpreter ?? [node, ...(options.nodeFlags ?? [])]
  return spawn(command, [...args, resolve(options.script)], {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.interpreter !== undefined,
  })
}

/** The runner's rule: upper case, spaces become underscores, hyphens stay [actions §1]. */
export function inputVariable(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
}

export interface StepDirectories {
  readonly home: string
  readonly workspace: string
  readonly runnerTemp: string
}

interface StepFiles extends StepDirectories {
  readonly event: string
  readonly output: string
  readonly environment: string
  readonly path: string
  readonly state: string
  readonly summary: string
}

function makeFiles(directory: string, options: StepOptions): StepFiles {
  const files: StepFiles = {
    // The developer's own ~/.aws must not reach the action.
    home: options.home ?? join(directory, 'home'),
    workspace: options.workspace ?? join(directory, 'workspace'),
    runnerTemp: options.runnerTemp ?? join(directory, 'temp'),
    event: join(directory, 'event.json'),
    output: join(directory, 'set_output'),
    environment: join(directory, 'set_env'),
    path: join(directory, 'add_path'),
    state: join(directory, 'save_state'),
    summary: join(directory, 'step_summary'),
  }
  for (const folder of [files.home, files.workspace, files.runnerTemp]) mkdirSync(folder, { recursive: true })
  for (const file of [files.output, files.environment, files.path, files.state, files.summary]) {
    writeFileSync(file, '')
  }
  writeFileSync(files.event, JSON.stringify(options.event.payload, undefined, 2))
  return files
}

/** From scratch: nothing of this process leaks in but the search path. */
function stepEnvironment(options: StepOptions, files: StepFiles): Record<string, string> {
  return {
    ...runnerVariables(options, files),
    GITHUB_ENV: files.environment,
    GITHUB_EVENT_PATH: files.event,
    GITHUB_OUTPUT: files.output,
    GITHUB_PATH: files.path,
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
  }
}

/** What every step is told, whatever it is; the files to write to come on top. */
export function runnerVariables(
  options: Omit<StepOptions, 'script'>,
  directories: StepDirectories,
): Record<string, string> {
  const { event, github } = options
  const { fullName, owner, id } = event.repository
  const workflow = options.workflow ?? 'PR database'
  const workflowPath = options.workflowPath ?? '.github/workflows/pr-database.yml'
  const workflowRef = `${fullName}/${workflowPath}@${event.ref}`
  const isPullRef = event.ref.startsWith('refs/pull/')
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: directories.home,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: options.action ?? '__self',
    GITHUB_ACTOR: event.actor.login,
    GITHUB_ACTOR_ID: String(event.actor.id),
    GITHUB_API_URL: github.url,
    GITHUB_BASE_REF: event.baseRef,
    GITHUB_EVENT_NAME: event.name,
    GITHUB_GRAPHQL_URL: github.graphqlUrl,
    GITHUB_HEAD_REF: event.headRef,
    GITHUB_JOB: options.job ?? 'clone',
    GITHUB_REF: event.ref,
    GITHUB_REF_NAME: event.ref.replace(/^refs\/(?:heads|tags|pull)\//, ''),
    GITHUB_REF_PROTECTED: 'false',
    GITHUB_REF_TYPE: isPullRef || event.ref.startsWith('refs/heads/') ? 'branch' : 'tag',
    GITHUB_REPOSITORY: fullName,
    GITHUB_REPOSITORY_ID: String(id),
    GITHUB_REPOSITORY_OWNER: owner.login,
    GITHUB_REPOSITORY_OWNER_ID: String(owner.id),
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: String(options.runAttempt ?? 1),
    GITHUB_RUN_ID: String(options.runId ?? 16_000_000_001),
    GITHUB_RUN_NUMBER: String(options.runNumber ?? 1),
    GITHUB_SERVER_URL: github.serverUrl,
    GITHUB_SHA: event.sha,
    GITHUB_TRIGGERING_ACTOR: event.actor.login,
    GITHUB_WORKFLOW: workflow,
    GITHUB_WORKFLOW_REF: workflowRef,
    GITHUB_WORKFLOW_SHA: event.sha,
    GITHUB_WORKSPACE: directories.workspace,
    RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'local',
    RUNNER_OS: process.platform === 'darwin' ? 'macOS' : 'Linux',
    RUNNER_TEMP: directories.runnerTemp,
    ...(options.debug === true ? { RUNNER_DEBUG: '1' } : {}),
    ...Object.fromEntries(
      Object.entries(options.state ?? {}).map(([name, value]) => [`STATE_${name}`, value]),
    ),
  }
}

/** Every declared input is in the environment, empty if it has neither value nor default. */
function inputVariables(options: StepOptions): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.inputDefaults ?? {})) {
    variables[inputVariable(name)] = evaluateDefault({ name, value: value ?? '', token: options.token })
  }
  for (const [name, value] of Object.entries(options.inputs ?? {})) variables[inputVariable(name)] = value
  return variables
}

function evaluateDefault(options: {
  readonly name: string
  readonly value: string
  readonly token: string | undefined
}): string {
  const { name, token, value } = options
  const evaluated = value.replaceAll(/\$\{\{\s*github\.token\s*\}\}/g, () => token ?? '')
  if (evaluated.includes('${{')) throw new Error(`default of input ${name}: cannot evaluate ${value}`)
  return evaluated
}

function warnAboutUnknownInputs(log: StepLog, options: StepOptions): void {
  if (options.inputDefaults === undefined) return
  const declared = Object.keys(options.inputDefaults)
  const known = new Set(declared.map(inputVariable))
  const unknown = Object.keys(options.inputs ?? {}).filter((name) => !known.has(inputVariable(name)))
  if (unknown.length === 0) return
  const message = `Unexpected input(s) ${quoted(unknown)}, valid inputs are [${quoted(declared)}]`
  log.annotate({ level: 'warning', title: undefined, message })
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}

function followLines(
  child: ChildProcess,
  options: {
    readonly log: StepLog
    readonly output: { stdout: string; stderr: string }
    readonly onStdout: (text: string) => void
  },
): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    const decoder = new StringDecoder('utf8')
    let rest = ''
    child[stream]?.on('data', (chunk: Buffer) => {
      const text = decoder.write(chunk)
      options.output[stream] += text
      if (stream === 'stdout') options.onStdout(text)
      const lines = (rest + text).split(/\r?\n/)
      rest = lines.pop() ?? ''
      for (const line of lines) options.log.read(line)
    })
    child[stream]?.on('close', () => {
      if (rest !== '') options.log.read(rest)
    })
  }
}

async function playHere(
  { inProcess }: Pick<StepOptions, 'inProcess'>,
  options: {
    readonly environment: Readonly<Record<string, string>>
    readonly log: StepLog
    readonly output: { stdout: string }
    readonly onStdout: (text: string) => void
  },
): Promise<Exit> {
  let rest = ''
  const code = await inProcess?.(options.environment, (text) => {
    options.output.stdout += text
    options.onStdout(text)
    const lines = (rest + text).split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) options.log.read(line)
  })
  if (rest !== '') options.log.read(rest)
  return { code: code ?? 1, signal: null }
}

interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  return await new Promise((settle, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      settle({ code, signal })
    })
    child.once('exit', () => {
      realSetTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, PIPE_GRACE_MS).unref()
    })
  })
}

async function climbSignals(
  kill: (signal: NodeJS.Signals) => boolean,
  options: {
    readonly exited: Promise<Exit>
    readonly graceMs: { readonly interrupt: number; readonly terminate: number }
  },
): Promise<Cancellation> {
  const startedAt = performance.now()
  const elapsed = (): number => performance.now() - startedAt
  // Only to the process itself: the runner does not signal the group, so children survive [actions §2.1].
  const send = (signal: NodeJS.Signals): number | undefined => (kill(signal) ? elapsed() : undefined)
  const interruptedAfterMs = send('SIGINT') ?? 0
  let terminatedAfterMs: number | undefined
  let killedAfterMs: number | undefined
  const terminate = realSetTimeout(() => {
    terminatedAfterMs = send('SIGTERM')
  }, options.graceMs.interrupt)
  const last = realSetTimeout(() => {
    killedAfterMs = send('SIGKILL')
  }, options.graceMs.interrupt + options.graceMs.terminate)
  try {
    await options.exited
  } finally {
    clearTimeout(terminate)
    clearTimeout(last)
  }
  return { interruptedAfterMs, terminatedAfterMs, killedAfterMs, endedAfterMs: elapsed() }
}

type Collected = Pick<
  StepResult,
  'addedPaths' | 'annotations' | 'exportedEnv' | 'masks' | 'outputs' | 'readTempFile' | 'state' | 'summary'
> & { readonly failed: boolean }

/** The files are read whatever became of the process: what it wrote before a SIGKILL counts [actions §2.1]. */
function collect({ files, log }: { readonly files: StepFiles; readonly log: StepLog }): Collected {
  let failed = false
  const parse = (command: string, file: string): Record<string, string> => {
    try {
      return parseFileCommand(readFileSync(file, 'utf8'))
    } catch (error) {
      failed = true
      const fail = (message: string): void => {
        log.annotate({ level: 'error', title: undefined, message })
      }
      fail(`Unable to process file command '${command}' successfully.`)
      fail(error instanceof Error ? error.message : String(error))
      return {}
    }
  }
  const { NODE_OPTIONS: nodeOptions, ...exportedEnv } = parse('env', files.environment)
  if (nodeOptions !== undefined) {
    failed = true
    const message = "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command."
    log.annotate({ level: 'error', title: undefined, message })
  }
  const summary = readFileSync(files.summary, 'utf8')
  const summaryBytes = Buffer.byteLength(summary)
  if (summaryBytes > MAX_SUMMARY_BYTES) {
    const size = `supports content up to a size of 1024k, got ${String(Math.ceil(summaryBytes / 1_024))}k`
    log.annotate({
      level: 'error',
      title: undefined,
      message: `$GITHUB_STEP_SUMMARY upload aborted, ${size}.`,
    })
  }
  const tempFiles = readDirectory(files.runnerTemp)
  return {
    annotations: log.annotations,
    masks: log.masks,
    outputs: { ...log.outputs, ...parse('output', files.output) },
    state: { ...log.state, ...parse('state', files.state) },
    exportedEnv,
    addedPaths: readFileSync(files.path, 'utf8').split(/\r?\n/).filter(Boolean),
    summary,
    readTempFile: (path) => {
      const absolute = isAbsolute(path) ? path : join(files.runnerTemp, path)
      const text = tempFiles.get(absolute)
      if (text === undefined) throw new Error(`the step left no file ${absolute} in RUNNER_TEMP`)
      return text
    },
    failed,
  }
}

function readDirectory(directory: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    texts.set(path, readFileSync(path, 'utf8'))
  }
  return texts
}
