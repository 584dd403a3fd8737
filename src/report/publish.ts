import * as core from '@actions/core'
import type { SkipReason } from '../contract.ts'
import { escapeMarkdown } from '../escape.ts'
import { Cancelled, type Failure, messageOf } from '../failure.ts'
import type { CloneReport, Details, Outcome, Removal } from '../outcome.ts'
import { log, printable, secrets } from '../runner.ts'
import { isUnfinished, renderSummary, skipSentence } from './clone-markdown.ts'
import type { CommentBoard } from './comment-board.ts'
import { type RenderedOutputs, renderEnvironment, renderOutputs } from './outputs.ts'
import { renderReport, writeReport } from './report-file.ts'

export const COMMENT_LIMIT_MS = 15_000
/** A sweep may write many comments. */
const COMMENT_LIMIT_SWEEP_MS = 120_000
const COMMENT_LIMIT_CANCELLED_MS = 1_500

/** What is known at the end of a run. */
interface RunEnd {
  readonly outcome: Outcome | undefined
  /** The clone as users saw it last. */
  readonly clone: CloneReport | undefined
  readonly board: CommentBoard | undefined
  readonly details: Details
  readonly failure: Failure | undefined
  readonly cancelled: boolean
  readonly elapsedMs: number
}

/** Writes comment, outputs, variables, annotations and summary. A report that cannot be written is only a warning. */
export async function publish(end: RunEnd): Promise<void> {
  const { outcome, clone, details, failure } = end
  const commentUrl = await publishComment(end)
  const reportFile = outcome === undefined ? undefined : writeReportFile(outcome)
  const told = outcome ?? (clone === undefined ? undefined : ({ outcome: undefined, clone } as const))
  if (told !== undefined) {
    const rendered = renderOutputs(told, { commentUrl, reportFile })
    for (const [name, value] of Object.entries(rendered.values)) core.setOutput(name, value)
    if (outcome !== undefined) tellOutcome(outcome, rendered, details)
  }
  try {
    const text = renderSummary({ outcome, clone, failure, elapsedMs: end.elapsedMs, details })
    await core.summary.addRaw(secrets.hide(text, escapeMarkdown)).write()
  } catch (error) {
    log.warning(`The job summary could not be written: ${messageOf(error)}`)
  }
}

async function publishComment(end: RunEnd): Promise<string | undefined> {
  const { outcome, clone, board, failure, cancelled } = end
  if (clone !== undefined) showLast(board, clone, outcome === undefined ? failure : undefined)
  const limitMs = outcome?.outcome === 'swept' ? COMMENT_LIMIT_SWEEP_MS : COMMENT_LIMIT_MS
  return await board?.settle(cancelled ? COMMENT_LIMIT_CANCELLED_MS : limitMs)
}

/** The final comment. If the run was cut off, a clone that was ready before keeps its comment. */
function showLast(board: CommentBoard | undefined, clone: CloneReport, failure: Failure | undefined): void {
  const isCutShort = failure !== undefined && !(failure instanceof Cancelled) && isUnfinished(clone)
  const isKnown = clone.hasBeenReady === true && clone.state === 'creating'
  if (isCutShort || !isKnown) board?.show(clone, isCutShort ? failure : undefined)
}

function tellOutcome(outcome: Outcome, rendered: RenderedOutputs, details: Details): void {
  if ('skipReason' in outcome) tellSkip(outcome.skipReason, 'removals' in outcome ? outcome.removals : [])
  if (outcome.outcome === 'swept') for (const warning of outcome.warnings ?? []) log.warning(warning)
  for (const name of rendered.withheld)
    log.warning(`Output ${name} was left empty: its value does not have the shape that the output promises.`)
  if (outcome.outcome !== 'ready' && outcome.outcome !== 'quarantined') return
  if (outcome.envPrefix !== undefined)
    for (const [name, value] of renderEnvironment(outcome.envPrefix, rendered))
      core.exportVariable(name, value)
  const { endpoint, port } = rendered.values
  if (outcome.outcome === 'ready' && endpoint !== '' && details === 'full')
    core.notice(printable(`${endpoint}:${port}`), { title: 'Database clone is ready' })
}

/** Missing credentials get a notice, since only a person can provide them. */
function tellSkip(reason: SkipReason, removals: readonly Removal[] | undefined): void {
  if (reason.endsWith('-without-credentials'))
    core.notice(skipSentence(reason), { title: 'No database clone' })
  else log.info(skipSentence(reason, removals))
}

function writeReportFile(outcome: Outcome): string | undefined {
  const directory = process.env['RUNNER_TEMP']
  const text = renderReport(outcome)
  if (text === undefined || directory === undefined || directory === '') return undefined
  try {
    return writeReport(secrets.hide(text, inJson), directory)
  } catch (error) {
    log.warning(`The report file could not be written: ${messageOf(error)}`)
    return undefined
  }
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
