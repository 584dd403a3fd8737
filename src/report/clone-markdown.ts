import { formatElapsed } from '../duration.ts'
import type { CloneReport, CloneState, Outcome, Removal, RemovalReason } from '../outcome.ts'
import { shortenLines } from '../quotation.ts'
import { holdEndMs } from '../tag-value.ts'
import { formatUtc } from '../utc-time.ts'
import { type Failure, failureKind } from '../failure.ts'
import type { SkipReason } from '../contract.ts'
import { code, inertMarkdown, inertWithCode } from './inert.ts'
import { MAX_SUMMARY_BYTES, sweepParts } from './sweep-markdown.ts'

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
  undeleted: '⚠️ Database clone could not be deleted',
  destroyed: '🗑️ Database clone is gone',
  held: '🔒 Database clone is held',
}

/** First line of the comment: hidden, and one for each clone. */
export function commentMarker(identityHash: string): string {
  return `<!-- aurora-clone-action:v1 clone=${identityHash} -->`
}

export const IS_MARKER = /^<!-- aurora-clone-action:v1 clone=[0-9a-f]+ -->$/

/** In place of what was said of a clone of a closed pull request that is not there: it went without a word, or is elsewhere. */
export function renderMissing({
  runUrl,
  region,
}: Pick<Page, 'runUrl'> & { readonly region: string }): string {
  return [
    '### 🗑️ Database clone was not found',
    '',
    `The pull request is closed, and there is no such clone of it in ${inertMarkdown(region)}. Clones in other Regions or accounts have runs of their own.`,
    '',
    detailsOf(runUrl),
  ].join('\n')
}

function detailsOf(runUrl: string): string {
  return `<sub>[Details of the run](${runUrl})</sub>`
}

/** One clone, as its comment tells of it. With a failure, that comes first and the rest is what helps to mend it. */
export function renderComment(clone: CloneReport, { details, runUrl }: Page, failure?: Failure): string {
  const title = failure === undefined ? HEADLINES[clone.state] : '❌ Database clone is not ready'
  const lines = [`### ${title}${named(clone)}`, '']
  if (failure !== undefined)
    // Titles are fixed words; what happened names clusters and quotes AWS.
    lines.push(...(details === 'full' ? failureLines(failure) : [`**${failure.title}.**`]), '')
  if (details === 'full')
    lines.push(...table(failure === undefined ? cloneRows(clone) : standingRows(clone)), '')
  const next = failure === undefined ? whatNext(clone, details) : undefined
  if (next !== undefined) lines.push(next, '')
  lines.push(detailsOf(runUrl))
  return lines.join('\n')
}

/** Which of several clones a heading is about. */
function named({ name }: Pick<CloneReport, 'name'>): string {
  return name === '' ? '' : ` (${code(name)})`
}

function whatNext(clone: CloneReport, details: Details): string | undefined {
  switch (clone.state) {
    case 'creating':
      return 'AWS mostly needs five to ten minutes.'
    case 'ready':
      return [lifeOf(clone), howTo(clone)].join('\n\n')
    case 'deleting':
      return [...removedBecause(clone), 'AWS finishes the deletion by itself.'].join(' ')
    case 'destroyed':
      return removedBecause(clone).join(' ') || undefined
    case 'held':
      return clone.hold === undefined
        ? `It is kept as long as its tag ${code('aurora-clone:hold')} says so.`
        : [lifeOf(clone), howTo(clone)].join('\n\n')
    case 'undeleted':
      return details === 'full' ? undeleted(clone) : UNDELETED
    case 'failed':
      return undefined
  }
}

const UNDELETED =
  'It was to be removed, but that failed; the run says why. The next run or sweep tries again.'

/** What AWS or a tag adds is text from elsewhere. */
function undeleted({ identifier, undeleted: why }: CloneReport): string {
  if (why === undefined) return UNDELETED
  const command = `aws rds modify-db-cluster --db-cluster-identifier ${identifier} --no-deletion-protection`
  return [
    `It was to be removed, but that failed: ${inertMarkdown(why.because.replace(/[.]$/, ''))}.`,
    ...(why.isProtected ? [`If it is not needed, switch that off: ${code(command)}.`] : []),
    'The next run or sweep tries again.',
  ].join(' ')
}

/** Until when it lives, and what ends its life sooner. */
function lifeOf({ pullRequest, hasLabel, expiresAt, hold }: CloneReport): string {
  const end =
    pullRequest === undefined
      ? 'when somebody destroys it'
      : `when the pull request is closed${hasLabel ? ' or loses its label' : ''}`
  if (hold !== undefined)
    return `It is held by its tag ${code('aurora-clone:hold')}: nothing destroys it ${holdEnd(hold)}.`
  if (expiresAt === undefined) return `It is destroyed ${end}.`
  const lives = `It lives until **${inertMarkdown(formatUtc(expiresAt))}**, which every`
  return pullRequest === undefined
    ? `${lives} \`create\` extends.`
    : `${lives} push extends. It is destroyed earlier ${end}.`
}

function holdEnd(hold: string): string {
  const endMs = holdEndMs(hold)
  return endMs === undefined
    ? 'until that is taken off'
    : `before **${formatUtc(new Date(endMs).toISOString())}**`
}

function howTo({ pullRequest, hasLabel, hold }: CloneReport): string {
  const held = hold === undefined ? [] : [`To let it go again: the same with ${code('false')}.`]
  return [
    '<details><summary>Extend, hold or reset it</summary>',
    '',
    `- **Extend**: ${pullRequest === undefined ? 'run the workflow again' : 'push, or run the workflow again'}; its \`ttl\` counts from then.`,
    `- **Hold**: give the clone's cluster the tag ${code('aurora-clone:hold')} with the value ${code('true')} or a time such as ${code('2026-12-01T00:00:00Z')}, or let the workflow run with the input \`hold\` if it has one. Nothing destroys it then, not even the sweep.${held.map((sentence) => ` ${sentence}`).join('')}`,
    hold !== undefined
      ? '- **Reset**: not while it is held.'
      : hasLabel
        ? '- **Reset**: take the label off and put it on again. The new clone has the data of that moment.'
        : '- **Reset**: run mode `destroy`, then `create`. The new clone has the data of that moment.',
    '',
    '</details>',
  ].join('\n')
}

const REMOVED: Readonly<Record<RemovalReason, string>> = {
  'pull-request-closed': 'The pull request is closed.',
  'label-missing': 'The label that asked for it is gone; with the label, a new one is made.',
  expired: 'Its time was up. The next push makes a new one, if the pull request still asks for it.',
}

function removedBecause({ removedBecause: reason }: CloneReport): readonly string[] {
  return reason === undefined ? [] : [REMOVED[reason]]
}

function failureLines({ title, what, remedy }: Failure): readonly string[] {
  return [`**${title}.** ${inertMarkdown(what)}`, '', `**What to do:** ${inertWithCode(remedy)}`]
}

type Row = readonly [name: string, value: string | undefined]

function cloneRows(clone: CloneReport): readonly Row[] {
  const isReady = clone.state === 'ready' || clone.state === 'held'
  if (clone.state === 'deleting' || clone.state === 'undeleted' || clone.state === 'destroyed')
    return [
      ['Cluster', code(clone.identifier)],
      ['Source', sourceCell(clone)],
    ]
  return [
    ['Endpoint', isReady ? optionalCode(clone.endpoint) : undefined],
    ['Port', clone.port?.toString()],
    ['Database', optionalCode(clone.databaseName)],
    [
      'User',
      clone.masterUsername === undefined
        ? undefined
        : `${code(clone.masterUsername)}, password as on the source`,
    ],
    ['Engine', `${inertMarkdown(clone.engine)} ${inertMarkdown(clone.engineVersion)}`],
    ['Instance', optionalCode(clone.instanceClass)],
    ['Source', sourceCell(clone)],
    ['Cluster', `${code(clone.identifier)} in ${inertMarkdown(clone.region)}`],
    ['State', isReady ? undefined : inertMarkdown(clone.standing)],
    // Said below of one that is ready, with what that means.
    [
      'Expires',
      isReady || clone.expiresAt === undefined ? undefined : inertMarkdown(formatUtc(clone.expiresAt)),
    ],
  ]
}

function standingRows(clone: CloneReport): readonly Row[] {
  return [
    ['Cluster', `${code(clone.identifier)} in ${inertMarkdown(clone.region)}`],
    ['State', inertMarkdown(clone.standing)],
    ['Source', sourceCell(clone)],
  ]
}

function sourceCell({ source, dataAsOf }: CloneReport): string | undefined {
  if (source === undefined) return undefined
  return `${code(source)}${dataAsOf === undefined ? '' : `, data as of ${inertMarkdown(formatUtc(dataAsOf))}`}`
}

function optionalCode(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : code(text)
}

/** Its first pair is its header: of an empty one GitHub shows an empty bar. */
function table(rows: readonly Row[]): readonly string[] {
  const [head, ...rest] = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`| **${name}** | ${value} |`],
  )
  return head === undefined ? [] : [head, '|:--|:--|', ...rest]
}

const SKIPPED: Readonly<Record<SkipReason, string>> = {
  'fork-without-credentials':
    'The pull request comes from a fork, and its runs get no AWS credentials. Nothing was done.',
  'dependabot-without-credentials':
    'The pull request is Dependabot’s, and its runs get no AWS credentials. Nothing was done.',
  'pull-request-closed': 'The pull request is closed, so it gets no clone.',
  'label-missing': 'The pull request does not have the label that asks for a clone.',
  'pull-request-open': 'The pull request wants its clone again, so it was kept.',
  held: 'The clone is held by its tag `aurora-clone:hold`, so it was kept.',
  latest: 'Only the newest generations are there, and `keep-latest` keeps them.',
}

/** The same of several clones, with the result that tells which they are. */
const SKIPPED_SEVERAL: Readonly<
  Partial<Record<SkipReason, { readonly result: Removal['result']; readonly says: string }>>
> = {
  'pull-request-open': {
    result: 'kept',
    says: 'The pull request wants its clones again, so they were kept.',
  },
  held: {
    result: 'held',
    says: 'The clones are held by their tag `aurora-clone:hold`, so they were kept.',
  },
}

/** Why a run did nothing, in a sentence; for the log, the notice and the summary. */
export function skipSentence(reason: SkipReason, removals: readonly Removal[] = []): string {
  const several = SKIPPED_SEVERAL[reason]
  const count = removals.filter(({ result }) => result === several?.result).length
  return several !== undefined && count > 1 ? several.says : SKIPPED[reason]
}

/** What a summary is made from. Whoever can see the repository can see it, so it tells no more of a connection than the comment. */
interface RunReport {
  readonly outcome: Outcome | undefined
  /** What was last seen of the clone, for runs that ended without an outcome. */
  readonly clone: CloneReport | undefined
  readonly failure: Failure | undefined
  readonly elapsedMs: number
  readonly details: Details
}

export function renderSummary({ outcome, clone: seen, failure, elapsedMs, details }: RunReport): string {
  const removals = outcome?.removals ?? []
  const isAbsent = outcome?.outcome === 'absent'
  const isOfMany = removals.length > 0 || outcome?.sweep !== undefined
  const clone = isOfMany || isAbsent ? undefined : (outcome?.clone ?? seen)
  const parts: string[] = []
  if (failure !== undefined)
    parts.push(
      `### ${failure.title === 'Cancelled' ? '✋' : '❌'} ${failure.title}`,
      ...failureParts(failure),
    )
  const why = outcome?.skipReason === undefined ? [] : [skipSentence(outcome.skipReason, removals)]
  if (outcome?.outcome === 'skipped') parts.push('### ⏭️ Skipped', ...why)
  if (isAbsent)
    parts.push(
      `### 🗑️ Nothing to destroy${named(seen ?? { name: '' })}`,
      ...(why.length > 0 ? why : ['There is no clone for it.']),
    )
  if (outcome?.sweep !== undefined) parts.push(...sweepParts(outcome.sweep))
  if (clone !== undefined) parts.push(...cloneParts(clone, { failure, details }))
  if (removals.length > 0)
    parts.push(
      '### 🗑️ Destroy',
      ...(outcome?.outcome === 'skipped' ? [] : why),
      removalTable(removals).join('\n'),
    )
  parts.push(`<sub>The step took ${formatElapsed(elapsedMs)}.</sub>`)
  return shortenLines(`${parts.join('\n\n')}\n`, MAX_SUMMARY_BYTES)
}

function failureParts({ what, remedy }: Failure): readonly string[] {
  return [inertMarkdown(what), `**What to do:** ${inertWithCode(remedy)}`]
}

function cloneParts(
  clone: CloneReport,
  { failure, details }: Pick<RunReport, 'failure' | 'details'>,
): readonly string[] {
  // What is ready or on its way out stays so, whatever the run failed of.
  if (failure === undefined || clone.state !== 'creating') {
    const next = whatNext(clone, details)
    return [
      `### ${HEADLINES[clone.state]}${named(clone)}`,
      ...(details === 'full' ? [table(cloneRows(clone)).join('\n')] : []),
      ...(details === 'minimal' && clone.state === 'ready'
        ? ['Its endpoint is in the outputs of the step.']
        : []),
      ...(next === undefined ? [] : [next]),
    ]
  }
  return [
    ...(details === 'full' ? ['#### The clone as it stands', table(standingRows(clone)).join('\n')] : []),
    ...(failureKind(failure.title).continues === true
      ? [
          'It is not lost: it carries its tags, the next `create` continues with it, and `destroy` removes it.',
        ]
      : []),
  ]
}

function removalTable(removals: readonly Removal[]): readonly string[] {
  const explained = removals.some(({ because }) => because !== undefined)
  return [
    `| Clone | Result |${explained ? ' Why |' : ''}`,
    `|---|---|${explained ? '---|' : ''}`,
    ...removals.map(
      ({ clone: { identifier }, result, because = '' }) =>
        `| ${code(identifier)} | ${result} |${explained ? ` ${inertMarkdown(because)} |` : ''}`,
    ),
  ]
}
