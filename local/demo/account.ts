import type { AwsRequestRecord } from '../aurora/requests.ts'
import type { ClusterView, InstanceView } from '../aurora/views.ts'
import { type Terminal, alignColumns } from './terminal.ts'

/** A step of the story and the calls that arrived at AWS while it ran. */
export interface SceneCalls {
  readonly name: string
  readonly calls: readonly AwsRequestRecord[]
}

/** How often each operation was called in each step, those that change something first. */
export function callTable(scenes: readonly SceneCalls[], { bold, dim }: Terminal): readonly string[] {
  const all = scenes.flatMap(({ calls }) => calls)
  const rowsOf = (kind: string, calls: readonly AwsRequestRecord[]): readonly (readonly string[])[] =>
    [...new Set(calls.map(({ operation }) => operation))].map((name, index) => [
      index === 0 ? bold(kind) : '',
      name,
      ...scenes.map((scene) => count(scene.calls.filter(({ operation }) => operation === name))),
    ])
  const count = (calls: readonly AwsRequestRecord[]): string =>
    calls.length === 0 ? dim('–') : String(calls.length)
  const rows = [
    ['', '', ...scenes.map(({ name }) => bold(name))],
    ...rowsOf(
      'change',
      all.filter(({ mutating }) => mutating),
    ),
    ...rowsOf(
      'look',
      all.filter(({ mutating }) => !mutating),
    ),
    [bold('all'), '', ...scenes.map(({ calls }) => count(calls))],
  ]
  return alignColumns(rows, ['left', 'left', ...scenes.map(() => 'right' as const)])
}

/** The clusters of a Region and their instances, as the RDS console would list them. */
export function clusterTable(
  {
    clusters,
    instances,
  }: { readonly clusters: readonly ClusterView[]; readonly instances: readonly InstanceView[] },
  { bold, cyan, dim }: Terminal,
): readonly string[] {
  const rows = clusters.flatMap(({ identifier, status, engine }) => [
    [cyan(identifier), status, engine],
    ...instances
      .filter(({ clusterIdentifier }) => clusterIdentifier === identifier)
      .map((instance) => [`${dim('└')} ${instance.identifier}`, instance.status, instance.instanceClass]),
  ])
  return alignColumns([['Cluster', 'Status', ''].map(bold), ...rows])
}

/** Calls that would have changed this cluster, whether or not AWS carried them out. */
export function changesTo(cluster: string, calls: readonly AwsRequestRecord[]): readonly AwsRequestRecord[] {
  return calls.filter(({ mutating, clusters }) => mutating && clusters.includes(cluster))
}
