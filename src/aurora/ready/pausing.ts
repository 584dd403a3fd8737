import type { Pausing } from '../../outcome.ts'
import type { AwsRun } from '../api/aws-run.ts'
import { describeSetParameters } from '../api/describe.ts'
import type { ClusterSnapshot } from '../api/snapshot.ts'

/**
 * Whether an idle clone pauses; `undefined`: it has no automatic pause, or nobody can tell. Replication keeps a writer awake (Aurora
 * user guide, aurora-serverless-v2-auto-pause). It is on only if somebody set the parameter, so the groups that AWS made need no
 * request. A role that may not read the others is no fault.
 */
export async function pausingOf(
  { rds, log }: Pick<AwsRun, 'rds' | 'log'>,
  { engine, capacity, parameterGroup }: ClusterSnapshot,
): Promise<Pausing | undefined> {
  if (capacity?.min !== 0) return undefined
  const { pausesAfterSeconds: afterSeconds } = capacity
  if (parameterGroup === undefined) return undefined
  try {
    const isOfAws = parameterGroup.startsWith('default.')
    const by = isOfAws ? undefined : keptAwakeBy(engine, await describeSetParameters(rds, parameterGroup))
    return by === undefined ? { kind: 'pauses', afterSeconds } : { kind: 'kept-awake', by }
  } catch (error) {
    log.debug(`Whether the clone pauses is not known: ${String(error)}`)
    return undefined
  }
}

/** The parameter that keeps a writer awake. */
export function keptAwakeBy(engine: string, parameters: ReadonlyMap<string, string>): string | undefined {
  const isOn = (name: string): boolean => !/^(?:0|off|false)?$/i.test(parameters.get(name) ?? '')
  const name = engine === 'aurora-mysql' ? 'binlog_format' : 'rds.logical_replication'
  return isOn(name) ? name : undefined
}
