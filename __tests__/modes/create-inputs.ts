import type { CreateInputs } from '../../src/inputs.ts'
import { CLONE_INPUTS, DAY, aShape } from '../factories.ts'

/** What mode `create` is asked for: the clone of pull request 42, from `orders`, for the label `clone-db`. */
export function createInputs(overrides: Partial<CreateInputs> = {}): CreateInputs {
  return {
    ...CLONE_INPUTS,
    mode: 'create',
    label: 'clone-db',
    source: { kind: 'cluster', name: 'orders' },
    shape: aShape(),
    ttlMs: 7 * DAY,
    hold: undefined,
    wait: true,
    probe: false,
    allowForks: false,
    maxClones: 15,
    envPrefix: undefined,
    sanitising: undefined,
    isPublishedBySteps: false,
    resetLabel: undefined,
    isResetByPush: false,
    ...overrides,
  }
}
