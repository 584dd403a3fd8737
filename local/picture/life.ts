import { join } from 'node:path'
import { inputDefaults } from '../action-metadata.ts'
import { startLocalCloud } from '../cloud.ts'
import { BUNDLE } from '../demo/stage.ts'
import { storyOf } from '../demo/story.ts'
import { type StepOptions, startStep } from '../runner/step.ts'
import { seedRepository, seedSource } from '../team.ts'
import { SimulatedClock } from '../time/simulated-clock.ts'
import { ON_SIMULATED_TIME } from '../time/node-flags.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** On any day the comments say the same. */
const BEGINS = Date.parse('2026-11-21T07:30:00Z')

/** A comment as it was written, under the headline that nothing before it had. */
export interface WrittenComment {
  readonly headline: string
  readonly markdown: string
  /** How long after the event whose step wrote it. */
  readonly afterMs: number
  /** The name of the demo's scene. */
  readonly scene: string
}

/** Plays the demo's story in simulated time and tells which comments it wrote. Where nothing is said, the bundle plays it. */
export async function commentsOfLife(
  runner: (clock: SimulatedClock) => Pick<StepOptions, 'inProcess'> = () => ({}),
): Promise<readonly WrittenComment[]> {
  const clock = new SimulatedClock({ startMs: BEGINS })
  const cloud = await startLocalCloud({ clock })
  try {
    seedSource(cloud, 'aurora-postgresql')
    const { pull, token } = seedRepository(cloud, { isPublic: false })
    const written: WrittenComment[] = []
    for (const { happen, inputs, name: scene } of storyOf({ inputs: {} })) {
      const event = happen(pull, cloud.github)
      const [from, before] = [clock.now(), cloud.github.requests.length]
      const { conclusion } = await startStep({
        script: BUNDLE,
        event,
        github: cloud.github,
        token,
        inputDefaults: inputDefaults(join(ROOT, 'action.yml')),
        inputs,
        env: cloud.environment,
        clock,
        nodeFlags: ON_SIMULATED_TIME,
        ...runner(clock),
      }).result
      if (conclusion !== 'success')
        throw new Error(`the step of the scene "${scene}" ended with ${conclusion}`)
      for (const { at, body, method, path } of cloud.github.requests.slice(before)) {
        if (!/^(?:POST|PATCH)$/.test(method) || !path.includes('/comments')) continue
        const { body: markdown } = body as { readonly body: string }
        const headline = /^### (.*)$/m.exec(markdown)?.[1] ?? ''
        if (!written.some((other) => other.headline === headline))
          written.push({ headline, markdown, afterMs: at - from, scene })
      }
    }
    return written
  } finally {
    await cloud.close()
    await clock.close()
  }
}
