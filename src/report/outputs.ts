import { OUTPUTS, type OutputName } from '../contract.ts'
import type { Outcome } from '../outcome.ts'

export interface RenderedOutputs {
  readonly values: Readonly<Record<OutputName, string>>
  /** Outputs left empty because what AWS answered does not have the shape that they promise. */
  readonly withheld: readonly OutputName[]
}

/** The outcome as the outputs of action.yml. Every one is set, empty where there is nothing to say. */
export function renderOutputs(
  outcome: Outcome,
  extra: { readonly commentUrl: string | undefined; readonly reportFile: string | undefined },
): RenderedOutputs {
  const { clone } = outcome
  // Of a clone that goes away, and after a failure, only the name is given: its endpoint is not to be deployed.
  const stays = clone?.state === 'ready' || clone?.state === 'creating'
  const connection = stays && outcome.outcome !== undefined ? clone : undefined
  const wanted: Readonly<Record<OutputName, string | undefined>> = {
    outcome: outcome.outcome,
    'skip-reason': outcome.skipReason,
    'cluster-identifier': clone?.identifier,
    'cluster-arn': clone?.arn,
    'cluster-resource-id': clone?.resourceId,
    'instance-identifier': clone?.instanceIdentifier,
    region: clone?.region,
    endpoint: connection?.endpoint,
    'reader-endpoint': connection?.readerEndpoint,
    port: connection?.port?.toString(),
    engine: clone?.engine,
    'engine-version': clone?.engineVersion,
    'database-name': connection?.databaseName,
    'master-username': connection?.masterUsername,
    'secret-arn': connection?.secretArn,
    created: String(outcome.created ?? false),
    'expires-at': connection?.expiresAt,
    'data-as-of': connection?.dataAsOf,
    // A sweep may write many.
    'comment-url': outcome.sweep === undefined ? extra.commentUrl : undefined,
    'report-file': extra.reportFile,
  }
  const withheld: OutputName[] = []
  const values = Object.fromEntries(
    Object.entries(wanted).map(([name, value = '']) => {
      if (value === '' || OUTPUTS[name as OutputName].test(value)) return [name, value]
      withheld.push(name as OutputName)
      return [name, '']
    }),
  ) as Record<OutputName, string>
  return { values, withheld }
}

/** The variables of `env-prefix`: `PG` gives PGHOST, PGPORT, PGDATABASE and PGUSER, `DB_` gives DB_HOST and so on. */
export function renderEnvironment(
  prefix: string,
  { values }: RenderedOutputs,
): readonly (readonly [name: string, value: string])[] {
  return (
    [
      ['HOST', values.endpoint],
      ['PORT', values.port],
      ['DATABASE', values['database-name']],
      ['USER', values['master-username']],
    ] as const
  )
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [`${prefix}${name}`, value])
}
