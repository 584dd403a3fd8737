import type { CloneReport, CloneState, Outcome } from '../outcome.ts'
import type { Failure } from '../failure.ts'
import type { SkipReason } from '../contract.ts'
import { code, inertMarkdown } from './inert.ts'

export type Details = 'full' | 'minimal'

interface Page {
  readonly details: Details
  readonly runUrl: string
}

const HEADLINES: Readonly<Record<CloneState, string>> = {
  creating: '⏳ Database clone is being created',
  ready: '✅ Database clone is ready',
  failed: '❌ Database clone has failed',
  deleting: '🗑️ Database clone is being deleted',
  destroyed: '🗑️ Database clone is gone',
  held: '🔒 Database clone is held',
}

/** First line of the comment: hidden, and one for each clone. */
export function commentMarker(identityHash: string): string {
  return `<!-- aurora-clone-action:v1 clone=${identityHash} -->`
}

/** One clone, for the comment and for the job summary alike. */
export function renderClone(clone: CloneReport, page: Page, failure?: Failure): string {
  const state = failure === undefined ? clone.state : 'failed'
  const headline = failure === undefined ? HEADLINES[state] : '❌ Database clone is not ready'
  const lines = [`### ${headline}${clone.name === '' ? '' : ` (${code(clone.name)})`}`, '']
  if (page.details === 'full') {
    lines.push(...table(cloneRows(clone, state)), '')
    if (failure !== undefined)
      lines.push(`**${failure.title}.** ${inertMarkdown(failure.what)} ${inertMarkdown(failure.remedy)}`, '')
  }
  const after = NEXT[state]
  if (after !== undefined) lines.push(after, '')
  lines.push(`<sub>[Details of the run](${page.runUrl})</sub>`)
  return lines.join('\n')
}

const NEXT: Readonly<Partial<Record<CloneState, string>>> = {
  creating: 'AWS mostly needs five to ten minutes. This comment follows it.',
  ready: 'It is destroyed when the pull request is closed, or its label removed.',
  deleting: 'AWS finishes the deletion by itself.',
  held: 'It is kept as long as its tag `aurora-clone:hold` says so.',
}

function cloneRows(clone: CloneReport, state: CloneState): readonly (readonly [string, string])[] {
  const gone = state === 'deleting' || state === 'destroyed'
  const rows: readonly (readonly [string, string | undefined])[] = gone
    ? [
        ['Cluster', code(clone.identifier)],
        ['Source', sourceCell(clone)],
      ]
    : [
        ['Endpoint', state === 'ready' ? optionalCode(clone.endpoint) : undefined],
        ['Port', clone.port?.toString()],
        ['Database', optionalCode(clone.databaseName)],
        [
          'User',
          clone.masterUsername === undefined
            ? undefined
            : `${code(clone.masterUsername)}, password as on the source`,
        ],
        ['Engine', `${inertMarkdown(clone.engine)} ${inertMarkdown(clone.engineVersion)}`],
        ['Source', sourceCell(clone)],
        ['Cluster', `${code(clone.identifier)} in ${inertMarkdown(clone.region)}`],
        ['State', state === 'ready' ? undefined : inertMarkdown(clone.standing)],
        ['Expires', clone.expiresAt === undefined ? undefined : shortTime(clone.expiresAt)],
      ]
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

function sourceCell({ source, dataAsOf }: CloneReport): string | undefined {
  if (source === undefined) return undefined
  return `${code(source)}${dataAsOf === undefined ? '' : `, data as of ${shortTime(dataAsOf)}`}`
}

function optionalCode(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : code(text)
}

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| **${name}** | ${value} |`)]
}

/** `2026-11-28T07:30:12.123Z` → `2026-11-28 07:30 UTC`. */
function shortTime(iso: string): string {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(iso)
    ? `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
    : inertMarkdown(iso)
}

const SKIPPED: Readonly<Record<SkipReason, string>> = {
  'fork-without-credentials':
    'The pull request comes from a fork, and its runs get no AWS credentials. Nothing was done.',
  'dependabot-without-credentials':
    'The pull request is Dependabot’s, and its runs get no AWS credentials. Nothing was done.',
  'pull-request-closed': 'The pull request is closed, so there is no clone for it.',
  'label-missing': 'The pull request does not have the label that asks for a clone.',
  'pull-request-open': 'The pull request wants its clone again, so it was kept.',
  held: 'The clone is held by its tag `aurora-clone:hold`, so it was kept.',
}

/** Why a run did nothing, in a sentence; for the log, the notice and the summary. */
export function skipSentence(reason: SkipReason): string {
  return SKIPPED[reason]
}

/** The job summary of a whole run. It is only visible to people who can see the repository’s runs, so it has all details. */
export function renderSummary(
  outcome: Outcome | undefined,
  {
    runUrl,
    clone,
    failure,
    timing,
  }: {
    readonly runUrl: string
    /** What was last seen of the clone, for runs that ended without an outcome. */
    readonly clone: CloneReport | undefined
    readonly failure: Failure | undefined
    readonly timing: string
  },
): string {
  const page = { details: 'full', runUrl } as const
  const parts: string[] = []
  if (failure !== undefined && failure.title !== 'Cancelled')
    parts.push(
      `### ❌ ${failure.title}`,
      `${inertMarkdown(failure.what)}`,
      `**What to do:** ${inertMarkdown(failure.remedy)}`,
    )
  if (failure?.title === 'Cancelled') parts.push('### ✋ Cancelled', inertMarkdown(failure.message))
  if (outcome?.skipReason !== undefined) parts.push(`### ⏭️ Skipped`, skipSentence(outcome.skipReason))
  if (outcome?.outcome === 'absent') parts.push('### 🗑️ Nothing to destroy', 'There is no clone for it.')
  const shown = (outcome?.removals ?? []).length > 0 ? undefined : (outcome?.clone ?? clone)
  if (shown !== undefined) parts.push(renderClone(shown, page))
  const removals = outcome?.removals ?? []
  if (removals.length > 0)
    parts.push(
      `### ${removals.length === 1 ? 'Clone' : 'Clones'} to destroy`,
      [
        '| Clone | Result | |',
        '|---|---|---|',
        ...removals.map(
          ({ clone: { identifier }, result, because }) =>
            `| ${code(identifier)} | ${result} | ${inertMarkdown(because ?? '')} |`,
        ),
      ].join('\n'),
    )
  parts.push(`<sub>${timing}</sub>`)
  return `${parts.join('\n\n')}\n`
}
