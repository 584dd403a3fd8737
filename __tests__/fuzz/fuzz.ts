import fc from 'fast-check'
import { fuzzCase } from './cases.ts'
import { brokenInvariants } from './invariants.ts'
import { play, removeScratch } from './play.ts'

export interface FuzzOptions {
  readonly runs: number
  readonly seed: number
  /** Of a counterexample, to play it alone. */
  readonly path?: string
}

/** Plays so many cases. `undefined` where all invariants held, else seed, path and the smallest case found that breaks one. */
export async function fuzz({ runs, seed, path }: FuzzOptions): Promise<string | undefined> {
  const property = fc.asyncProperty(fuzzCase, async (one) => {
    const broken = brokenInvariants(await play(one))
    if (broken.length > 0) throw new Error(broken.join('\n'))
  })
  const parameters = { numRuns: runs, seed, ...(path === undefined ? {} : { path }) }
  const details = await fc.check(property, parameters).finally(removeScratch)
  if (!details.failed) return undefined
  return [
    `seed ${details.seed}, path ${details.counterexamplePath ?? ''}, after ${details.numRuns} runs:`,
    details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance),
    JSON.stringify(details.counterexample?.[0], undefined, 2),
  ].join('\n')
}
