import type { DBClusterParameterGroupDetails, DescribeDBClusterParametersMessage } from '@aws-sdk/client-rds'
import { invalidCombination, invalidValue } from './aws-fault.ts'
import { parameterGroupFamily } from './engines.ts'
import type { Moment } from './moment.ts'
import { page } from './pagination.ts'
import { rdsFault } from './protocol/model.ts'
import type { RdsFaultName } from './protocol/model.ts'
import type { ClusterRecord, ParameterGroup, RegionState } from './records.ts'

type Versioned = Pick<ClusterRecord, 'engine' | 'engineVersion'>

export const defaultParameterGroup = ({ engine, engineVersion }: Versioned): string =>
  `default.${parameterGroupFamily(engine, engineVersion)}`

/** A group by its name, for a cluster and what runs in it. */
interface GroupRequest {
  readonly state: RegionState
  readonly owner: Versioned
  readonly name: string | undefined
}

interface Lookup {
  readonly groups: ReadonlyMap<string, ParameterGroup>
  readonly owner: Versioned
  readonly name: string | undefined
  readonly notFound: RdsFaultName
  readonly kind: string
}

/** The group to use: the engine's default one where none is named. [aurora §1.3] */
function groupFor({ groups, owner, name, notFound, kind }: Lookup): string {
  const family = parameterGroupFamily(owner.engine, owner.engineVersion)
  if (name === undefined || name === `default.${family}`) return `default.${family}`
  const group = groups.get(name.toLowerCase())
  if (group === undefined) throw rdsFault(notFound, `${kind} not found: ${name}`)
  if (group.family !== family) {
    throw invalidCombination(
      `The Parameter Group ${group.name} with DBParameterGroupFamily ${group.family} cannot be used for this instance. ` +
        `Please use a Parameter Group with DBParameterGroupFamily ${family}`,
    )
  }
  return group.name
}

export const clusterParameterGroup = ({ state, owner, name }: GroupRequest): string =>
  groupFor({
    groups: state.clusterParameterGroups,
    owner,
    name,
    notFound: 'DBClusterParameterGroupNotFoundFault',
    kind: 'DBClusterParameterGroup',
  })

export const instanceParameterGroup = ({ state, owner, name }: GroupRequest): string =>
  groupFor({
    groups: state.parameterGroups,
    owner,
    name,
    notFound: 'DBParameterGroupNotFoundFault',
    kind: 'DBParameterGroup',
  })

/** Only what somebody has set is known here: nobody has set anything in a group of AWS's own. */
export function describeDBClusterParameters(
  input: DescribeDBClusterParametersMessage,
  moment: Moment,
): DBClusterParameterGroupDetails {
  const name = input.DBClusterParameterGroupName ?? ''
  const group = moment.state.clusterParameterGroups.get(name.toLowerCase())
  if (group === undefined && !name.startsWith('default.aurora-'))
    throw rdsFault('DBParameterGroupNotFoundFault', `DBClusterParameterGroup not found: ${name}`)
  if (input.Source !== 'user')
    throw invalidValue('The local cloud knows only the parameters with the source "user".')
  const { items, marker } = page({
    items: Object.entries(group?.parameters ?? {}),
    keyOf: ([parameter]) => parameter,
    request: input,
    moment,
  })
  const Parameters = items.map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue,
    Source: 'user',
    IsModifiable: true,
  }))
  return { Parameters, Marker: marker }
}
