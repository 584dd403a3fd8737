import { formatDuration, formatElapsed, formatUtc } from '../duration.ts'
import type {
  CloneName,
  CloneReport,
  CloneState,
  Details,
  Outcome,
  Pausing,
  Removal,
  RemovalReason,
  Undeleted,
} from '../outcome.ts'
import { shortenLines } from '../quotation.ts'
import { Cancelled, type Failure, failureKind } from '../failure.ts'
import { ownValue } from '../own-value.ts'
import type { SkipReason } from '../contract.ts'
import { counted } from '../counted.ts'
import { code, escapeAllButCode, escapeMarkdown } from '../escape.ts'
import { consoleLink } from './console-link.ts'
import { MAX_SUMMARY_BYTES, sweepParts } from './sweep-markdown.ts'
import { timelineLines } from './timeline-markdown.ts'

interface Page {
  readonly details: Details
  readonly runUrl: string
}

const HEADLINES: Readonly<Record<CloneState, string>> = {
  creating: '⏳ Database clone is being created',
  quarantined: '🔐 Database clone is in quarantine',
  ready: '✅ Database clone is ready',
  resetting: '♻️ Database clone is being reset',
  failed: '❌ Database clone has failed',
  deleting: '🗑️ Database clone is being deleted',
  undeleted: '⚠️ Database clone could not be deleted',
  destroyed: '🗑️ Database clone is gone',
  held: '🔒 Database clone is held',
}

/** Where another clone is in use meanwhile, the new one has fresh data. */
function headlineOf({ state, former }: CloneReport): string {
  return state === 'creating' && former !== undefined
    ? '⏳ Fresh database clone is being created'
    : HEADLINES[state]
}

/** The hidden first line of a clone's comment. */
export function commentMarker(identityHash: string): string {
  return `<!-- aurora-clone-action:v1 clone=${identityHash} -->`
}

export const IS_MARKER = /^<!-- aurora-clone-action:v1 clone=[0-9a-f]+ -->$/

/** Replaces the comment of a closed pull request's clone that is not in the listing. */
export function renderMissing({ runUrl, region }: Readonly<{ runUrl: string; region: string }>): string {
  return [
    '### 🗑️ Database clone was not found',
    '',
    `The pull request is closed, and it has no such clone in ${escapeMarkdown(region)}. Other runs remove clones in other Regions or accounts.`,
    '',
    runLink(runUrl),
  ].join('\n')
}

function runLink(runUrl: string): string {
  return `<sub>[Details of the run](${runUrl})</sub>`
}

/** A run is still at work on it, or has failed to end that. */
export function isUnfinished({ state }: CloneReport): boolean {
  return state === 'creating' || state === 'resetting'
}

/** The comment of one clone. A failure comes first, then what helps to correct it. */
export function renderComment(clone: CloneReport, { details, runUrl }: Page, failure?: Failure): string {
  const title = failure === undefined ? headlineOf(clone) : '❌ Database clone is not ready'
  const lines = [`### ${title}${named(clone)}`, '']
  if (failure !== undefined)
    // A title is fixed text, but `what` names clusters and quotes AWS.
    lines.push(...(details === 'full' ? failureLines(failure) : [`**${failure.title}.**`]), '')
  if (details === 'full')
    lines.push(...table(failure === undefined ? cloneRows(clone) : standingRows(clone)), '')
  const parts = failure === undefined ? belowTable(clone, details) : []
  lines.push(...parts.flatMap((part) => [part, '']), runLink(runUrl))
  return lines.join('\n')
}

function named({ name }: Pick<CloneReport, 'name'>): string {
  return name === '' ? '' : ` (${code(name)})`
}

/** What is next, and how the clone came about. */
function belowTable(clone: CloneReport, details: Details): readonly string[] {
  const next = whatNext(clone, details)
  const isThere = !['deleting', 'destroyed', 'undeleted', 'failed'].includes(clone.state)
  const timeline = details === 'full' && isThere ? timelineLines(clone) : []
  return [...(next === undefined ? [] : [next]), ...(timeline.length === 0 ? [] : [timeline.join('\n')])]
}

function whatNext(clone: CloneReport, details: Details): string | undefined {
  switch (clone.state) {
    case 'creating':
      return 'This usually takes five to fifteen minutes, and up to an hour with `restore-to-time`.'
    case 'quarantined':
      return 'Steps of the workflow sanitise it. Nobody gets its endpoint before mode `publish` has verified it.'
    case 'ready':
      return [...resetProblem(clone, details), lifeOf(clone), howTo(clone)].join('\n\n')
    case 'resetting':
      return 'It goes back to the data of an earlier moment. Connections are cut, and what was changed since is gone.'
    case 'deleting':
      return [...removalReason(clone), 'AWS finishes the deletion by itself.'].join(' ')
    case 'destroyed':
      return removalReason(clone).join(' ') || undefined
    case 'held':
      return clone.heldUntilMs === undefined
        ? `It is kept while its tag ${code('aurora-clone:hold')} says so.`
        : [lifeOf(clone), howTo(clone)].join('\n\n')
    case 'undeleted':
      return details === 'full' ? undeleted(clone, clone.undeleted) : UNDELETED
    case 'failed':
      return undefined
  }
}

const UNDELETED = 'Its deletion failed; the log of the run says why. The next run or sweep tries again.'

function resetProblem({ resetProblem: because }: CloneReport, details: Details): readonly string[] {
  if (because === undefined) return []
  return details === 'full'
    ? [`**Not reset.** ${escapeMarkdown(because)}`]
    : ['**Not reset.** The log of the run says why.']
}

function undeleted({ identifier }: CloneName, { because, isProtected }: Undeleted): string {
  const command = `aws rds modify-db-cluster --db-cluster-identifier ${identifier} --no-deletion-protection`
  return [
    `Its deletion failed: ${escapeMarkdown(because.replace(/[.]$/, ''))}.`,
    ...(isProtected ? [`If it is not needed, switch that off: ${code(command)}.`] : []),
    'The next run or sweep tries again.',
  ].join(' ')
}

/** When the clone is deleted. */
function lifeOf({ pullRequest, hasLabel, expiresAt, heldUntilMs }: CloneReport): string {
  if (heldUntilMs !== undefined)
    return `It is held by its tag ${code('aurora-clone:hold')}: nothing deletes it ${holdEnd(heldUntilMs)}.`
  const loses = hasLabel === true ? ' or loses the label' : ''
  const end = pullRequest === undefined ? 'if it is destroyed' : `if the pull request is closed${loses}`
  if (expiresAt === undefined) return `It is deleted ${end}.`
  const expires = `Expires **${escapeMarkdown(formatUtc(expiresAt))}**; every`
  return pullRequest === undefined
    ? `${expires} \`create\` extends this.`
    : `${expires} push extends this. Deleted earlier ${end}.`
}

function holdEnd(untilMs: number): string {
  return untilMs === Infinity
    ? 'until the tag is changed'
    : `before **${formatUtc(new Date(untilMs).toISOString())}**`
}

function howTo(clone: CloneReport): string {
  const { pullRequest, heldUntilMs } = clone
  const release = heldUntilMs === undefined ? '' : ` To release it, set the tag to ${code('false')}.`
  return [
    '<details><summary>Extend, hold or reset it</summary>',
    '',
    `- **Extend**: ${pullRequest === undefined ? 'run the workflow again' : 'push, or run the workflow again'}. It is then kept for at least its \`ttl\`.`,
    `- **Hold**: set the tag ${code('aurora-clone:hold')} on the clone's cluster to ${code('true')} or to a time such as ${code('2026-12-01T00:00:00Z')}, or run the workflow with the input \`hold\` if it has one. Nothing deletes a held clone, not even the sweep.${release}`,
    `- **Reset**: ${howToReset(clone)}`,
    '',
    '</details>',
  ].join('\n')
}

function howToReset({ heldUntilMs, resetLabel, canGoBack }: CloneReport): string {
  if (heldUntilMs !== undefined) return 'not while it is held.'
  const asks =
    resetLabel === undefined
      ? 'run mode `reset`'
      : `put the label ${code(resetLabel)} on the pull request, or run mode \`reset\``
  return canGoBack === true
    ? `${asks}. This clone goes back to the data that it began with. Connections are cut, and what was changed since is gone. Where AWS cannot do that, another clone replaces it.`
    : `${asks}. This clone stays until the one with fresh data is ready.`
}

const REMOVED: Readonly<Record<RemovalReason, string>> = {
  'pull-request-closed': 'The pull request is closed.',
  'label-missing': 'The pull request lost the label. Add it again for a new clone.',
  superseded: 'Another clone has replaced it.',
  expired: 'It expired. The next push makes a new one, if the pull request still asks for it.',
}

function removalReason({
  removalReason: reason,
}: Readonly<{ removalReason: RemovalReason | undefined }>): readonly string[] {
  return reason === undefined ? [] : [REMOVED[reason]]
}

function failureLines({ title, what, remedy }: Failure): readonly string[] {
  return [`**${title}.** ${escapeMarkdown(what)}`, '', `**What to do:** ${escapeAllButCode(remedy)}`]
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
    ['Until then', optionalCode(clone.former?.endpoint ?? clone.former?.identifier)],
    ['Port', clone.port?.toString()],
    ['Database', optionalCode(clone.databaseName)],
    ['User', userCell(clone)],
    ['Sanitised', sanitisedCell(clone)],
    ['Source', sourceCell(clone)],
    ['Engine', engineCell(clone)],
    ['Instance', instanceCell(clone)],
    ['Storage', storageCell(clone)],
    ['Cluster', clusterCell(clone)],
    ['State', isReady ? undefined : stateCell(clone)],
    // For a ready clone `lifeOf` says it.
    [
      'Expires',
      isReady || clone.expiresAt === undefined ? undefined : escapeMarkdown(formatUtc(clone.expiresAt)),
    ],
  ]
}

function standingRows(clone: CloneReport): readonly Row[] {
  return [
    ['Cluster', clusterCell(clone)],
    ['State', stateCell(clone)],
    ['Source', sourceCell(clone)],
  ]
}

function clusterCell({ identifier, region, arn }: CloneReport): string {
  const link = consoleLink(arn)
  const where = `${code(identifier)} in ${escapeMarkdown(region)}`
  return link === undefined ? where : `${where} ([AWS console](${link}))`
}

/** AWS calls a clone available that nobody may use yet. */
function stateCell({ standing = '', isQuarantined }: CloneReport): string {
  return `${escapeMarkdown(standing)}${isQuarantined ? ', in quarantine' : ''}`
}

function userCell({ masterUsername, secretArn, sanitising, isQuarantined }: CloneReport): string | undefined {
  if (masterUsername === undefined) return undefined
  const user = code(masterUsername)
  const own = secretArn === undefined ? user : `${user}, password in ${code(secretArn)}`
  if (isQuarantined || (sanitising?.logins.length ?? 0) > 0) return own
  return secretArn === undefined
    ? `${own} and every other login of the source, with the same password`
    : `${own}; every other login of the source that was not disabled, with the same password`
}

/** What was done to the data, from the run that did it; later runs know the digest. */
function sanitisedCell({ sanitised, sanitising }: CloneReport): string | undefined {
  if (sanitised === undefined) return undefined
  const { files = [], checks = 0, columns, logins = [], automations = [] } = sanitising ?? {}
  const statements = files.reduce((sum, file) => sum + file.statements, 0)
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  return commaSeparated([
    statements === 0
      ? undefined
      : `${counted(rows, 'row')} by ${counted(statements, 'statement')} in ${counted(files.length, 'file')}`,
    columns === undefined
      ? undefined
      : `${counted(columns.masked, 'column')} masked and ${columns.kept} kept`,
    logins.length === 0 ? undefined : `${counted(logins.length, 'login')} disabled`,
    automations.length === 0 ? undefined : `${counted(automations.length, 'automation')} found`,
    checks === 0 ? undefined : `${counted(checks, 'check')} passed`,
    `digest ${code(sanitised)}`,
  ])
}

/** As `EngineLifecycleSupport` has it. */
const LIFECYCLES: Readonly<Record<string, string>> = {
  'open-source-rds-extended-support': 'enrolled in Extended Support',
  'open-source-rds-extended-support-disabled': 'not enrolled in Extended Support',
}

function engineCell({ engine, engineVersion, lifecycleSupport = '' }: CloneReport): string {
  const name = escapeMarkdown([engine, engineVersion].join(' ')).trim()
  return commaSeparated([name, ownValue(LIFECYCLES, lifecycleSupport)])
}

function instanceCell({ instanceClass, capacity, pausing }: CloneReport): string | undefined {
  if (instanceClass === undefined || instanceClass === '') return undefined
  return commaSeparated([
    code(instanceClass),
    capacity === undefined ? undefined : `${capacity.min} to ${capacity.max} ACUs`,
    pausing === undefined ? undefined : pauses(pausing),
  ])
}

function pauses(pausing: Pausing): string {
  if (pausing.kind === 'kept-awake') return `does not pause, since ${code(pausing.by)} is on`
  const after =
    pausing.afterSeconds === undefined ? '' : ` for ${formatDuration(pausing.afterSeconds * 1_000)}`
  return `pauses when idle${after}`
}

const STORAGE_TYPES: Readonly<Record<string, string>> = {
  aurora: 'Standard',
  'aurora-iopt1': 'I/O-Optimized',
}
const ENCRYPTIONS: Readonly<Record<string, string>> = {
  none: 'not encrypted',
  'sse-rds': 'encrypted with a key of AWS',
  'sse-kms': 'encrypted with a KMS key',
  encrypted: 'encrypted',
}

function storageCell({ storageType, encryption = '' }: CloneReport): string | undefined {
  if (storageType === undefined) return undefined
  return commaSeparated([
    ownValue(STORAGE_TYPES, storageType) ?? code(storageType),
    ownValue(ENCRYPTIONS, encryption),
  ])
}

function commaSeparated(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(', ')
}

function sourceCell({ source, dataAsOf }: CloneReport): string | undefined {
  if (source === undefined) return undefined
  return `${code(source)}${dataAsOf === undefined ? '' : `, data as of ${escapeMarkdown(formatUtc(dataAsOf))}`}`
}

function optionalCode(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : code(text)
}

/** The first row is the header, since GitHub shows an empty header as an empty bar. */
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
    'The pull request comes from Dependabot, and its runs get no AWS credentials. Nothing was done.',
  'pull-request-closed': 'The pull request is closed, so it gets no clone.',
  'label-missing': 'The pull request does not have the label that asks for a clone.',
  'pull-request-open': 'The pull request asks for its clone again, so it was kept.',
  held: 'The clone is held by its tag `aurora-clone:hold`, so it was kept.',
  latest: 'Only the newest generations exist, and `keep-latest` keeps them.',
}

/** The same for several clones, with the result that they must have. */
const SKIPPED_SEVERAL: Partial<Record<SkipReason, Readonly<{ result: Removal['result']; says: string }>>> = {
  'pull-request-open': {
    result: 'kept',
    says: 'The pull request asks for its clones again, so they were kept.',
  },
  held: { result: 'held', says: 'The clones are held by their tag `aurora-clone:hold`, so they were kept.' },
}

/** Why a run did nothing, for the log, the notice and the summary. */
export function skipSentence(reason: SkipReason, removals: readonly Removal[] = []): string {
  const several = SKIPPED_SEVERAL[reason]
  const count = removals.filter(({ result }) => result === several?.result).length
  return several !== undefined && count > 1 ? several.says : SKIPPED[reason]
}

/** Everyone who can see the repository sees the summary, so it says no more about the connection than the comment. */
interface RunReport {
  readonly outcome: Outcome | undefined
  /** The clone as seen last, for runs without an outcome. */
  readonly clone: CloneReport | undefined
  readonly failure: Failure | undefined
  readonly elapsedMs: number
  readonly details: Details
}

export function renderSummary({ outcome, clone, failure, elapsedMs, details }: RunReport): string {
  const failed =
    failure === undefined
      ? []
      : [`### ${failure instanceof Cancelled ? '✋' : '❌'} ${failure.title}`, ...failureParts(failure)]
  const parts = [
    ...failed,
    ...outcomeParts({ outcome, clone, failure, details }),
    `<sub>The step took ${formatElapsed(elapsedMs)}.</sub>`,
  ]
  return shortenLines(`${parts.join('\n\n')}\n`, MAX_SUMMARY_BYTES)
}

function outcomeParts(report: Omit<RunReport, 'elapsedMs'>): readonly string[] {
  const { outcome, clone: seen } = report
  const partsOf = (clone: CloneReport | undefined): readonly string[] =>
    clone === undefined ? [] : cloneParts(clone, report)
  if (outcome === undefined) return partsOf(seen)
  switch (outcome.outcome) {
    case 'ready':
    case 'creating':
    case 'quarantined':
      return partsOf(outcome.clone)
    case 'absent':
      return [
        `### 🗑️ Nothing to destroy${named(seen ?? { name: '' })}`,
        outcome.skipReason === undefined ? 'There is no clone for it.' : skipSentence(outcome.skipReason),
      ]
    case 'swept':
      return sweepParts(outcome.sweep)
    case 'skipped':
      return [
        '### ⏭️ Skipped',
        skipSentence(outcome.skipReason, outcome.removals),
        ...(removalParts(outcome.removals) ?? partsOf(outcome.clone ?? seen)),
      ]
    default:
      return removalParts(outcome.removals, outcome.skipReason) ?? partsOf(outcome.clone ?? seen)
  }
}

function removalParts(removals: readonly Removal[] = [], reason?: SkipReason): readonly string[] | undefined {
  if (removals.length === 0) return undefined
  const why = reason === undefined ? [] : [skipSentence(reason, removals)]
  return ['### 🗑️ Destroy', ...why, removalTable(removals).join('\n')]
}

function failureParts({ what, remedy }: Failure): readonly string[] {
  return [escapeMarkdown(what), `**What to do:** ${escapeAllButCode(remedy)}`]
}

function cloneParts(
  clone: CloneReport,
  { outcome, failure, details }: Pick<RunReport, 'outcome' | 'failure' | 'details'>,
): readonly string[] {
  // The failure says nothing about a clone that is ready or being deleted.
  if (failure === undefined || !isUnfinished(clone)) {
    return [
      `### ${headlineOf(clone)}${named(clone)}`,
      ...(details === 'full' ? [table(cloneRows(clone)).join('\n')] : []),
      ...(details === 'minimal' && outcome?.outcome === 'ready'
        ? ['Its endpoint is in the outputs of the step.']
        : []),
      ...belowTable(clone, details),
    ]
  }
  return [
    ...(details === 'full' ? ['#### State of the clone', table(standingRows(clone)).join('\n')] : []),
    ...(failureKind(failure.title).continues === true
      ? ['It is not lost: the next `create` continues with it, and `destroy` removes it.']
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
        `| ${code(identifier)} | ${result} |${explained ? ` ${escapeMarkdown(because)} |` : ''}`,
    ),
  ]
}
