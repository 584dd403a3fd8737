import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LocalCloud, startLocalCloud } from '../cloud.ts'
import type { PullRequest } from '../github/state.ts'
import { type ActionsService, type LogLine, startActionsService } from '../runner/actions-service.ts'
import { replacedActions } from '../runner/actions/replaced-actions.ts'
import type { RunResult, StepRecord } from '../runner/run-result.ts'
import { ScaledClock } from '../time/scaled-clock.ts'
import { SOURCE, seedRepository, seedRows, seedSource } from '../team.ts'
import { changesTo, clusterTable } from './account.ts'
import { introduction, premiseOf } from './narration.ts'
import type { DemoOptions } from './options.ts'
import { BUNDLE, type Ending, MISSING_BUNDLE, type Stage, commentOn, print, surprise } from './stage.ts'
import { banner, quote } from './terminal.ts'
import {
  runLine,
  runResult,
  whatHappens,
  workflowAdvice,
  workflowIntroduction,
} from './workflow-narration.ts'
import { HAPPENINGS, type Happening, PASTED } from './workflow-story.ts'
import { ON_SCALED_TIME } from '../time/node-flags.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const STEP_LIMIT_MS = 90_000

interface Play extends Stage {
  readonly cloud: LocalCloud
  readonly pull: PullRequest
  readonly service: ActionsService
}

/** Plays a pull request's life through the files that the quick start has one paste. However it ends, nothing is left running. */
export async function playWorkflowDemo(options: DemoOptions, stage: Stage): Promise<Ending> {
  if (!existsSync(BUNDLE)) return MISSING_BUNDLE
  const cloud = await startLocalCloud({
    clock: new ScaledClock({ speed: options.speed }),
    databases: options.databases,
  })
  try {
    seedSource(cloud, options.engine)
    await seedRows(cloud)
    const { pull } = seedRepository(cloud, options)
    const service = await startService(cloud, stage)
    const interrupt = (): void => {
      void service.close()
    }
    stage.interruption.first.addEventListener('abort', interrupt, { once: true })
    try {
      const database = cloud.databases?.engine(options.engine)
      print(
        ...introduction({ ...options, ...premiseOf(options), database }, stage.terminal),
        '',
        ...workflowIntroduction(stage.terminal),
      )
      return await playAll({ ...stage, cloud, pull, service })
    } finally {
      await service.close()
    }
  } finally {
    await cloud.close()
  }
}

async function startService(cloud: LocalCloud, { terminal }: Stage): Promise<ActionsService> {
  let before: LogLine | undefined
  const isCredential = /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|DEFAULT_REGION)$/
  return await startActionsService({
    cloud,
    workflows: Object.fromEntries(
      Object.entries(PASTED).map(([example, name]) => [
        `.github/workflows/${name}`,
        readFileSync(join(ROOT, 'examples', example), 'utf8'),
      ]),
    ),
    root: ROOT,
    actions: replacedActions,
    environment: Object.fromEntries(
      Object.entries(cloud.environment).filter(([name]) => !isCredential.test(name)),
    ),
    nodeFlags: ON_SCALED_TIME,
    stepTimeoutMs: STEP_LIMIT_MS,
    onLog: (line) => {
      print(...runLine(line, { before, terminal }))
      before = line
    },
  })
}

async function playAll(play: Play): Promise<Ending> {
  const { cloud, terminal } = play
  for (const [index, happening] of HAPPENINGS.entries()) {
    if (isInterrupted(play)) return { kind: 'interrupted' }
    const title = `${index + 1}/${HAPPENINGS.length}  ${happening.headline}`
    print('', banner(title, terminal), ...whatHappens(happening, terminal))
    const because = await playOne(play, happening)
    // What a closed service could not finish is no surprise.
    if (because !== undefined && !isInterrupted(play)) return surprise(`${happening.headline}: ${because}`)
  }
  if (isInterrupted(play)) return { kind: 'interrupted' }
  print('', banner('Afterwards: what AWS has', terminal), '')
  const { region } = cloud
  print(
    ...quote(
      clusterTable({ clusters: region.clusters(), instances: region.instances() }, terminal),
      terminal,
    ),
  )
  const touched = changesTo(SOURCE, cloud.aws.requests).map(({ operation }) => operation)
  if (touched.length > 0)
    return surprise(`the source cluster was not to be touched, but there was ${touched.join(', ')}`)
  print('', ...workflowAdvice(terminal))
  return { kind: 'told' }
}

function isInterrupted({ interruption }: Play): boolean {
  return interruption.first.aborted
}

/** What is not as the story wants it. */
async function playOne(
  { cloud, pull, service, terminal }: Play,
  { happen, expected }: Happening,
): Promise<string | undefined> {
  const event = happen(pull, cloud.github)
  if (event === undefined) return undefined
  const commentBefore = commentOn(pull)
  const [run] = service.trigger(event)
  if (run === undefined) return 'no workflow listens to it'
  const result = await run.result
  const comment = { before: commentBefore, afterwards: commentOn(pull) }
  print(...runResult({ result, step: actionStep(result), comment }, terminal))
  const outcome = actionStep(result)?.outputs['outcome']
  if (outcome !== expected) return `outcome ${expected ?? 'none'} was expected, got ${outcome ?? 'none'}`
  return result.conclusion === 'failure' ? 'the run failed' : undefined
}

function actionStep({ jobs }: RunResult): StepRecord | undefined {
  return jobs.flatMap(({ steps }) => steps).find(({ outputs }) => 'outcome' in outputs)
}
