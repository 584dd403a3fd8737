/** How long AWS takes for a clone: the writer's time counts from the moment when the cluster is available. */
export interface Readiness {
  readonly clusterCreatingMs: number
  readonly instanceCreatingMs: number
}

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS

/**
 * A time that real clones take: 5.5 minutes in all (AWS News Blog, "Amazon Aurora Fast Database Cloning"), 32 s and then 6 to 10.5
 * minutes (terraform-provider-aws #50115), 15 minutes in all (clones of production of code-dot-org). The same seed, the same time.
 */
export function drawReadiness(seed: number): Readiness {
  const next = randomNumbers(seed)
  const clusterCreatingMs = (30 + 60 * next()) * SECOND_MS
  // Most writers take four to seven minutes; one in ten takes longer.
  const minutes = next() < 0.9 ? 4 + 1.5 * (next() + next()) : 7 + 7 * next()
  return {
    clusterCreatingMs: Math.round(clusterCreatingMs),
    instanceCreatingMs: Math.round(minutes * MINUTE_MS),
  }
}

/** From 0 to 1, evenly: the generator "mulberry32" of Tommy Ettinger, which is in the public domain. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
