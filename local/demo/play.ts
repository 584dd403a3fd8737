import { existsSync } from 'node:fs'
import { ScaledClock } from '../time/scaled-clock.ts'
import { type LocalCloud, startLocalCloud } from '../cloud.ts'
import type { PullRequest } from '../github/state.ts'
import type { StepResult } from '../runner/step.ts'
import { type SceneCalls, callTable, changesTo, clusterTable } from './account.ts'
import {
  type ShownResult,
  advice,
  announcement,
  introduction,
  premiseOf,
  resultOf,
  visitOf,
  wayIn,
} from './narration.ts'
import type { DemoOptions } from './options.ts'
import { SOURCE, seedRepository, seedRows, seedSource } from '../team.ts'
import { TeamClient } from './rows.ts'
import {
  BUNDLE,
  type Ending,
  MISSING_BUNDLE,
  type Stage,
  commentOn,
  print,
  runStep,
  surprise,
} from './stage.ts'
import { type Scene, storyOf } from './story.ts'
import { banner, quote } from './terminal.ts'

interface Play extends Stage {
  readonly options: DemoOptions
  readonly cloud: LocalCloud
  readonly pull: PullRequest
  /** Of the workflow's runs. */
  readonly token: string
  /** Whether real databases answer behind the endpoints. */
  readonly hasRows: boolean
}

/** Plays the whole story, or as much of it as goes as expected. However it ends, nothing is left running. */
export async function playDemo(options: DemoOptions, stage: Stage): Promise<Ending> {
  if (!existsSync(BUNDLE)) return MISSING_BUNDLE
  const cloud = await startLocalCloud({
    clock: new ScaledClock({ speed: options.speed }),
    databases: options.databases,
  })
  try {
    seedSource(cloud, options.engine)
    const hasRows = await seedRows(cloud)
    return await playStory({ ...stage, ...seedRepository(cloud, options), options, cloud, hasRows })
  } finally {
    await cloud.close()
  }
}

async function playStory(play: Play): Promise<Ending> {
  const { cloud, interruption, options, terminal } = play
  const isInterrupted = (): boolean => interruption.first.aborted
  print(
    ...introduction(
      { ...options, ...premiseOf(options), database: cloud.databases?.engine(options.engine) },
      terminal,
    ),
  )
  const sourceBefore = stateOfSource(cloud)
  const story = storyOf(options)
  const played: SceneCalls[] = []
  const client = new TeamClient(cloud, terminal)
  let before: StepResult | undefined
  for (const [index, scene] of story.entries()) {
    if (isInterrupted()) return { kind: 'interrupted' }
    print('', banner(`${index + 1}/${story.length}  ${scene.headline}`, terminal))
    print(...announcement(scene, terminal))
    const callsBefore = cloud.aws.requests.length
    const result = await playScene(play, { scene, before })
    played.push({ name: scene.name, calls: cloud.aws.requests.slice(callsBefore) })
    if (isInterrupted()) return { kind: 'interrupted' }
    const because = surpriseIn(play, { scene, result, clone: before?.outputs['cluster-identifier'] })
    if (because !== undefined) return surprise(`step ${index + 1} (${scene.headline}): ${because}`)
    const outputs = { ...before?.outputs, ...withValues(result.outputs) }
    if (play.hasRows) {
      const { lines, surprise: because } = await client.visit(outputs)
      print(...visitOf(lines, terminal))
      if (because !== undefined) return surprise(`after step ${index + 1} (${scene.headline}): ${because}`)
    }
    before = { ...result, outputs }
  }

  print('', banner('Afterwards: what AWS has', terminal))
  print('', ...quote(clusterTable(lookAt(cloud), terminal), terminal))
  const touched = changesTo(
    SOURCE,
    played.flatMap(({ calls }) => calls),
  ).map(({ operation }) => operation)
  if (touched.length > 0)
    return surprise(`the source cluster was not to be touched, but there was ${touched.join(', ')}`)
  if (stateOfSource(cloud) !== sourceBefore) return surprise('the source cluster has changed')
  print('', `${SOURCE}, the source, is as it was: no call tried to change it.`)
  print('AWS finishes the deletion by itself within minutes; nobody has to wait for it.')
  print('', terminal.bold('Calls to AWS, by step'), '', ...quote(callTable(played, terminal), terminal))
  print('', banner('What next', terminal), '', ...advice(terminal))
  if (options.keep) await keepRunning(play)
  return { kind: 'told' }
}

/** One step from the event to the summary, shown while it runs. */
async function playScene(
  play: Play,
  { scene, before }: { readonly scene: Scene; readonly before: StepResult | undefined },
): Promise<StepResult> {
  const { cloud, pull, terminal } = play
  const startedAt = cloud.clock.now()
  const commentBefore = commentOn(pull)
  let commentMeanwhile: string | undefined
  const event = scene.happen(pull, cloud.github)
  const result = await runStep(play, {
    ...scene,
    event,
    onLog: () => {
      const comment = commentOn(pull)
      if (comment !== commentBefore) commentMeanwhile ??= comment
    },
  })
  const shown: ShownResult = {
    result,
    outputsBefore: before?.outputs ?? {},
    comment: { before: commentBefore, meanwhile: commentMeanwhile, afterwards: commentOn(pull) },
    virtualMs: scene.waitsForAws ? cloud.clock.now() - startedAt : undefined,
  }
  print(...resultOf(shown, terminal))
  return result
}

/** What is not as the story wants it. */
function surpriseIn(
  { pull }: Play,
  {
    scene: { expected },
    result: { annotations, conclusion, outputs, timedOut },
    clone,
  }: { readonly scene: Scene; readonly result: StepResult; readonly clone: string | undefined },
): string | undefined {
  if (timedOut) return 'the step did not end in time and was killed'
  if (conclusion !== 'success')
    return `the step failed${annotations.map(({ level, message }) => (level === 'error' ? `\n  ${message}` : '')).join('')}`
  const { outcome = '', created = '' } = outputs
  if (!expected.outcomes.includes(outcome)) {
    const reason = outputs['skip-reason'] ?? ''
    return `outcome ${expected.outcomes.join(' or ')} was expected, got ${outcome}${reason === '' ? '' : ` (${reason})`}`
  }
  if (created !== String(expected.created))
    return `created=${String(expected.created)} was expected, got ${created}`
  const identifier = outputs['cluster-identifier'] ?? ''
  if (clone !== undefined && identifier !== clone) return `clone ${clone} was expected, got ${identifier}`
  const comments = pull.comments().length
  if (comments > 1) return `one comment was expected on the pull request, got ${comments}`
  return undefined
}

/** AWS notes on the source that it shares its storage (CloneGroupId); nothing else may ever change there. */
function stateOfSource({ region }: LocalCloud): string {
  return JSON.stringify({ ...region.cluster(SOURCE), cloneGroupId: undefined })
}

function lookAt({ region }: LocalCloud): Parameters<typeof clusterTable>[0] {
  return { clusters: region.clusters(), instances: region.instances() }
}

async function keepRunning({ cloud, interruption, terminal }: Play): Promise<void> {
  print('', ...wayIn(cloud.environment, terminal))
  await new Promise<void>((resolve) => {
    interruption.first.addEventListener('abort', () => {
      resolve()
    })
    if (interruption.first.aborted) resolve()
  })
}

/** A step that hands nothing out leaves its outputs empty. */
function withValues(outputs: StepResult['outputs']): StepResult['outputs'] {
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== ''))
}
