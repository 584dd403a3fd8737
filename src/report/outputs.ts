import { OUTPUTS, type OutcomeWord, type OutputName } from '../contract.ts'
import type { CloneReport, Outcome } from '../outcome.ts'

export interface RenderedOutputs {
  readonly values: Readonly<Record<OutputName, string>>
  /** Outputs left empty because the value from AWS does not match their pattern. */
  readonly withheld: readonly OutputName[]
}

/** The outputs of action.yml. Each is set, empty if it does not apply. */
export function renderOutputs(
  outcome: Outcome | { readonly outcome: undefined; readonly clone: CloneReport },
  extra: Readonly<Record<'commentUrl' | 'reportFile', string | undefined>>,
): RenderedOutputs {
  const word: OutcomeWord | undefined = outcome.outcome
  const wanted: Readonly<Record<OutputName, string | undefined>> = {
    outcome: word,
    'skip-reason': 'skipReason' in outcome ? outcome.skipReason : undefined,
    ...cloneOutputs(('clone' in outcome ? outcome.clone : undefined) ?? {}, word),
    created: String('created' in outcome && outcome.created),
    // A sweep may write several comments.
    'comment-url': word === 'swept' ? undefined : extra.commentUrl,
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

/** After a failure, and while the clone is being deleted, the endpoint must not be deployed. Then only names are given. */
function cloneOutputs(clone: Partial<CloneReport>, word: OutcomeWord | undefined) {
  const isUsable = word !== undefined && ['ready', 'creating', 'quarantined'].includes(clone.state ?? '')
  const connection: Partial<CloneReport> = isUsable ? clone : {}
  return {
    'cluster-identifier': clone.identifier,
    'cluster-arn': clone.arn,
    'cluster-resource-id': clone.resourceId,
    'instance-identifier': clone.instanceIdentifier,
    region: clone.region,
    engine: clone.engine,
    'engine-version': clone.engineVersion,
    endpoint: connection.endpoint,
    'reader-endpoint': connection.readerEndpoint,
    port: connection.port?.toString(),
    'database-name': connection.databaseName,
    'master-username': connection.masterUsername,
    'secret-arn': connection.secretArn,
    'expires-at': connection.expiresAt,
    'data-as-of': connection.dataAsOf,
  }
}

/** The variables of `env-prefix`: `PG` gives PGHOST, PGPORT, PGDATABASE and PGUSER, `DB_` gives DB_HOST and so on. */
export function renderEnvironment(
  prefix: string,
  { values }: RenderedOutputs,
): readonly (readonly [name: string, value: string])[] {
  const variables = [
    ['HOST', values.endpoint],
    ['PORT', values.port],
    ['DATABASE', values['database-name']],
    ['USER', values['master-username']],
  ] as const
  return variables.filter(([, value]) => value !== '').map(([name, value]) => [`${prefix}${name}`, value])
}
