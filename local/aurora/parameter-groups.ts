import { invalidCombination } from './aws-fault.ts'
import { parameterGroupFamily } from './engines.ts'
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
