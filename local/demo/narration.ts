import { stringify } from 'yaml'
import type { Annotation } from '../runner/commands.ts'
import type { StepResult } from '../runner/step.ts'
import { renderMarkdown } from './markdown.ts'
import type { DemoOptions } from './options.ts'
import type { DatabaseEngine, Missing } from '../database/engine.ts'
import { PUBLISHED_ACTION } from '../product.ts'
import { PULL_REQUEST, REPOSITORY, SOURCE } from '../team.ts'
import { AWS_MS, type Scene } from './story.ts'
import { type Terminal, alignColumns, quote, wrap } from './terminal.ts'

// Everything that is told, as lines.

type Lines = readonly string[]

interface Introduced extends Pick<DemoOptions, 'speed'> {
  /** What answers behind the endpoints. */
  readonly database: DatabaseEngine | Missing | undefined
  /** What the story is about. */
  readonly title: string
  readonly premise: string
}

/** Of the demo without another story. */
export function premiseOf({ engine }: Pick<DemoOptions, 'engine'>): Pick<Introduced, 'title' | 'premise'> {
  const { number, title } = PULL_REQUEST
  return {
    title: 'the life of a pull request',
    premise: `Pull request #${number} of ${REPOSITORY.owner}/${REPOSITORY.name}, "${title}", needs a database. Its team has an Aurora cluster with anonymised data, ${SOURCE} (${engine}).`,
  }
}

export function introduction(
  { speed, database, title, premise }: Introduced,
  { bold, columns }: Terminal,
): Lines {
  const minutesOfAws = Math.round(AWS_MS / 60_000)
  const seconds = Math.round(AWS_MS / speed / 1_000)
  return [
    bold(`aurora-clone-action: ${title}`),
    '',
    ...wrap(premise, columns),
    '',
    ...wrap(
      'The action is the real one: dist/index.js, started as the GitHub runner starts it. AWS and GitHub are doubles on this machine (127.0.0.1), so no account is needed and nothing costs anything.',
      columns,
    ),
    '',
    ...wrap(databaseSentence(database), columns),
    '',
    ...wrap(
      speed === 1
        ? `AWS takes about ${minutesOfAws} minutes for a clone, and so does this.`
        : `AWS takes about ${minutesOfAws} minutes for a clone. Here, while a step waits for AWS, the clock runs ${speed} times faster: about ${seconds} seconds.`,
      columns,
    ),
  ]
}

function databaseSentence(database: DatabaseEngine | Missing | undefined): string {
  if (database !== undefined && 'product' in database)
    return `Behind every endpoint is a real database server, ${database.product}, and a clone begins as a copy of its source's files.`
  return database === undefined
    ? 'No database servers are started: the endpoints are only names.'
    : `There is no database server for this engine on this machine (${database.missing}): the endpoints are only names here.`
}

/** What the team did with the databases after a step. */
export const visitOf = (lines: Lines, terminal: Terminal): Lines =>
  sections({ 'The team’s own database client': lines }, terminal)

/** What a step is for, and how a workflow asks for it; its log follows. */
export function announcement(
  { explanation, inputs }: Pick<Scene, 'explanation' | 'inputs'>,
  terminal: Terminal,
): Lines {
  const step = stringify([{ uses: PUBLISHED_ACTION, with: inputs }])
  return [
    ...wrap(explanation, terminal.columns),
    ...sections({ 'The step in the workflow': step.trimEnd().split('\n') }, terminal),
    '',
    terminal.bold('Its log'),
    '',
  ]
}

/** `▼` is how the runner double marks the beginning of a group. */
export function logLine(line: string, { bold, green, red, yellow }: Terminal): string {
  if (line.startsWith('▼ ')) return bold(line)
  if (line.startsWith('Error: ')) return red(line)
  if (line.startsWith('Warning: ')) return yellow(line)
  if (line.startsWith('Notice: ')) return green(line)
  return line
}

export interface ShownResult {
  readonly result: StepResult
  readonly outputsBefore: StepResult['outputs']
  readonly comment: {
    readonly before: string | undefined
    /** The first that the step wrote. */
    readonly meanwhile: string | undefined
    readonly afterwards: string | undefined
  }
  /** How much time passed for AWS, where that is not the real time. */
  readonly virtualMs: number | undefined
}

/** Everything that a step left where its users look; what it left empty is not shown. */
export function resultOf(
  { result, outputsBefore, comment, virtualMs }: ShownResult,
  terminal: Terminal,
): Lines {
  const { cyan, dim } = terminal
  const outputs = Object.entries(result.outputs)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => {
      // The file goes with the step's directories.
      if (name === 'report-file') return [name, dim('see below')]
      return [name, outputsBefore[name] === value ? dim(value) : cyan(value)]
    })
  const reportFile = result.outputs['report-file'] ?? ''
  const report = reportFile === '' ? [] : result.readTempFile(reportFile).trimEnd().split('\n')
  const meanwhile = comment.meanwhile === comment.afterwards ? undefined : comment.meanwhile
  const isAsBefore = comment.before !== undefined && comment.before === comment.afterwards
  return [
    ...sections(
      {
        'Its outputs': alignColumns(outputs),
        'Its report file': report,
        'Its annotations, on the page of the run': result.annotations.map(annotationLine),
        'The comment on the pull request, while the step ran': renderMarkdown(meanwhile ?? '', terminal),
        'The comment on the pull request, afterwards': isAsBefore
          ? ['As before.']
          : renderMarkdown(comment.afterwards ?? '', terminal),
        'The job summary': renderMarkdown(result.summary, terminal),
      },
      terminal,
    ),
    '',
    conclusionOf({ result, virtualMs }, terminal),
  ]
}

/** How a step ended, and after how long. */
export function conclusionOf(
  { result, virtualMs }: Pick<ShownResult, 'result' | 'virtualMs'>,
  terminal: Terminal,
): string {
  const real = `${(result.durationMs / 1_000).toFixed(1)} s`
  const duration = virtualMs === undefined ? real : `${real}, which were ${minutes(virtualMs)} for AWS`
  return `${conclusionMark(result, terminal)} ${terminal.dim(`after ${duration}`)}`
}

/** Sections with a title each; those without a line are left out. */
export function sections(all: Readonly<Record<string, Lines>>, terminal: Terminal): Lines {
  return Object.entries(all).flatMap(([title, lines]) =>
    lines.length === 0 ? [] : ['', terminal.bold(title), '', ...quote(lines, terminal)],
  )
}

export function annotationLine({ level, message, title }: Annotation): string {
  return `${level}: ${title === undefined ? '' : `${title}: `}${message}`
}

function conclusionMark({ conclusion }: StepResult, { green, red, yellow }: Terminal): string {
  switch (conclusion) {
    case 'success':
      return green('✓ The step succeeded')
    case 'cancelled':
      return yellow('✋ The step was cancelled')
    case 'failure':
      return red('✗ The step failed')
  }
}

/** `345_000` → `5 min 45 s`. */
function minutes(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

export function advice({ bold, cyan }: Terminal): Lines {
  const rows: readonly (readonly [string, string])[] = [
    ['Use it', 'README.md, "Quick start"'],
    ['Other inputs', cyan('npm run demo -- --engine aurora-mysql')],
    ['', cyan('npm run demo -- --class db.r6g.large --with ttl=48h')],
    ['', `${cyan('npm run demo -- --help')} for the rest`],
    ['On workflows', cyan('npm run demo -- --workflow')],
    ['On personal data', cyan('npm run demo -- --sanitize')],
    ['Look closer', `${cyan('npm run demo -- --keep')} and then with the AWS CLI`],
    ['What can go wrong', `__tests__/scenarios, played by ${cyan('npm test')}`],
  ]
  return alignColumns(rows.map(([name, text]) => [bold(name), text]))
}

/** How other programs get to the local cloud. */
export function wayIn(environment: Readonly<Record<string, string>>, { bold, cyan }: Terminal): Lines {
  return [
    bold('The local cloud keeps running until Ctrl-C.'),
    'In another terminal:',
    '',
    ...Object.entries(environment)
      .filter(([name]) => name.startsWith('AWS_'))
      .map(([name, value]) => cyan(`  export ${name}=${value}`)),
    cyan('  aws rds describe-db-clusters --output table --query "DBClusters[].[DBClusterIdentifier,Status]"'),
  ]
}
