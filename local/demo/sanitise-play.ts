import { existsSync } from 'node:fs'
import { type LocalCloud, startLocalCloud } from '../cloud.ts'
import type { PullRequest } from '../github/state.ts'
import { ScaledClock } from '../time/scaled-clock.ts'
import { seedRepository } from '../team.ts'
import { type SceneCalls, callTable, changesTo, clusterTable } from './account.ts'
import { introduction, sections } from './narration.ts'
import type { DemoOptions } from './options.ts'
import {
  MIGRATION,
  PRODUCTION,
  QUARANTINE,
  change,
  decisionOf,
  filesOf,
  loginsOf,
  seedProduction,
  withAdded,
} from './private-team.ts'
import { PrivateVisit } from './private-visit.ts'
import { PREMISE, beginning, announce, sanitiseAdvice, stepResult } from './sanitise-narration.ts'
import { EPISODES, type Episode, INPUTS } from './sanitise-story.ts'
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
import { banner, quote } from './terminal.ts'

interface Play extends Stage {
  readonly options: DemoOptions
  readonly cloud: LocalCloud
  readonly pull: PullRequest
  readonly token: string
}

/** Plays a clone of personal data from its quarantine to its end. However it ends, nothing is left running. */
export async function playSanitiseDemo(options: DemoOptions, stage: Stage): Promise<Ending> {
  if (!existsSync(BUNDLE)) return MISSING_BUNDLE
  const cloud = await startLocalCloud({
    clock: new ScaledClock({ speed: options.speed }),
    databases: true,
    closedSecurityGroups: [QUARANTINE],
  })
  try {
    if (!(await seedProduction(cloud, options.engine)))
      return surprise(`this machine has no database server for ${options.engine}`)
    const team = seedRepository(cloud, options)
    team.pull.repository.push('main', filesOf(options.engine))
    return await playAll({ ...stage, ...team, options, cloud })
  } finally {
    await cloud.close()
  }
}

async function playAll(play: Play): Promise<Ending> {
  const { cloud, interruption, options, terminal } = play
  const { engine } = options
  const visit = new PrivateVisit(cloud, { engine, terminal })
  const customers = await visit.customers()
  const users = loginsOf(engine).map(({ user }) => user)
  print(
    ...introduction({ ...options, ...PREMISE, database: cloud.databases?.engine(engine) }, terminal),
    ...beginning({ customers, users, files: filesOf(engine) }, terminal),
  )
  const played: SceneCalls[] = []
  for (const [index, episode] of EPISODES.entries()) {
    print('', banner(`${index + 1}/${EPISODES.length}  ${episode.headline}`, terminal))
    const callsBefore = cloud.aws.requests.length
    const because = await playOne(play, { episode, visit })
    if (interruption.first.aborted) return { kind: 'interrupted' }
    if (because !== undefined) return surprise(`step ${index + 1} (${episode.headline}): ${because}`)
    played.push({ name: episode.name, calls: cloud.aws.requests.slice(callsBefore) })
  }
  print('', banner('Afterwards: what AWS has', terminal), '')
  const { region } = cloud
  const table = clusterTable({ clusters: region.clusters(), instances: region.instances() }, terminal)
  print(...quote(table, terminal))
  const touched = changesTo(PRODUCTION, cloud.aws.requests).map(({ operation }) => operation)
  if (touched.length > 0)
    return surprise(`production was not to be touched, but there was ${touched.join(', ')}`)
  print('', `${PRODUCTION} is as the team left it: no call tried to change it.`)
  print('', terminal.bold('Calls to AWS, by step'), '', ...quote(callTable(played, terminal), terminal))
  print('', banner('What next', terminal), '', ...sanitiseAdvice(terminal))
  return { kind: 'told' }
}

/** What is not as the story wants it. */
async function playOne(
  play: Play,
  { episode, visit }: { readonly episode: Episode; readonly visit: PrivateVisit },
): Promise<string | undefined> {
  const { cloud, options, pull, terminal } = play
  const { expected, first, waitsForAws } = episode
  const decision = decisionOf(options.engine)
  if (first === 'migrate') await change(cloud, MIGRATION.join(';'))
  if (first === 'decide') pull.repository.push('main', withAdded(filesOf(options.engine), decision))
  print(...announce(episode, { decision, terminal }))
  const event = episode.happen(pull, cloud.github)
  const startedAt = cloud.clock.now()
  const result = await runStep(play, { event, inputs: INPUTS, waitsForAws, onLog: () => undefined })
  const virtualMs = waitsForAws ? cloud.clock.now() - startedAt : undefined
  print(...stepResult({ result, comment: commentOn(pull), virtualMs }, terminal))
  const outcome = result.conclusion === 'success' ? result.outputs['outcome'] : 'failed'
  if (outcome !== expected) return `${expected} was expected, got ${outcome ?? 'no outcome'}`
  const { lines, surprise: because } = await visit.visit(expected)
  print(...sections({ 'What people find who try': lines }, terminal))
  return because
}
