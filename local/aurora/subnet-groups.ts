import type {
  DBSubnetGroup,
  DBSubnetGroupMessage,
  DescribeDBSubnetGroupsMessage,
  VpcSecurityGroupMembership,
} from '@aws-sdk/client-rds'
import { invalidCombination, invalidValue } from './aws-fault.ts'
import { arnOf } from './identifiers.ts'
import { page } from './pagination.ts'
import { rdsFault } from './protocol/model.ts'
import type { Moment } from './moment.ts'
import type { ClusterRecord, RegionState, SubnetGroup } from './records.ts'

export function describedSubnetGroup(state: RegionState, group: SubnetGroup): DBSubnetGroup {
  return {
    DBSubnetGroupName: group.name,
    DBSubnetGroupDescription: group.description,
    VpcId: group.vpcId,
    SubnetGroupStatus: 'Complete',
    Subnets: group.subnets.map((subnet) => ({
      SubnetIdentifier: subnet.identifier,
      SubnetAvailabilityZone: { Name: subnet.availabilityZone },
      SubnetStatus: 'Active',
    })),
    DBSubnetGroupArn: arnOf({
      region: state.name,
      accountId: state.accountId,
      kind: 'subgrp',
      name: group.name,
    }),
    SupportedNetworkTypes: [...group.supportedNetworkTypes],
  }
}

export function subnetGroupOr404(state: RegionState, name: string): SubnetGroup {
  const group = state.subnetGroups.get(name.toLowerCase())
  if (group === undefined)
    throw rdsFault('DBSubnetGroupNotFoundFault', `DB subnet group '${name}' does not exist.`)
  return group
}

/** The storage stays in its three zones: the group must reach at least two of them. [aurora §2.1] */
export function refuseUnlessCovering(group: SubnetGroup, availabilityZones: readonly string[]): void {
  const covered = new Set(group.subnets.map((subnet) => subnet.availabilityZone))
  if (availabilityZones.filter((zone) => covered.has(zone)).length < 2) {
    throw rdsFault(
      'DBSubnetGroupDoesNotCoverEnoughAZs',
      `DB Subnet Group ${group.name} doesn't meet availability zone coverage requirement. ` +
        `Please add subnets to cover at least 2 availability zones of ${availabilityZones.join(', ')}.`,
    )
  }
}

const defaultSecurityGroup = (vpcId: string): string => `sg-default-${vpcId.replace(/^vpc-/, '')}`

interface SecurityGroupRequest {
  readonly state: RegionState
  readonly group: SubnetGroup
  readonly requested: readonly string[] | undefined
}

/** Without a word about them, the default group of the VPC. [aurora §1.3] */
export function securityGroups({ state, group, requested }: SecurityGroupRequest): readonly string[] {
  if (requested === undefined || requested.length === 0) return [defaultSecurityGroup(group.vpcId)]
  for (const id of requested) {
    if (!/^sg-[a-z0-9-]+$/.test(id))
      throw invalidValue(`Invalid security group , groupId= ${id}, groupName=.`)
    const vpcId = state.securityGroups.get(id)
    if (vpcId !== undefined && vpcId !== group.vpcId) {
      throw invalidCombination('The DB instance and EC2 security group are in different VPCs.')
    }
  }
  return [...requested]
}

type GroupsOfCluster = Pick<ClusterRecord, 'vpcSecurityGroupIds' | 'formerSecurityGroups'>

/** Until a change is applied, the former groups decide who may connect. */
export function activeSecurityGroups(cluster: GroupsOfCluster, now: number): readonly string[] {
  const { vpcSecurityGroupIds, formerSecurityGroups: former } = cluster
  return former !== undefined && now < former.until ? former.ids : vpcSecurityGroupIds
}

/**
 * While a change is applied, the groups that come and go say so: AWS's own handler of CloudFormation waits until all are `active`
 * (aws-cloudformation/aws-cloudformation-resource-providers-rds, `isVpcSecurityGroupsActive`).
 */
export function describedSecurityGroups(
  { now }: Pick<Moment, 'now'>,
  cluster: GroupsOfCluster,
): readonly VpcSecurityGroupMembership[] {
  const active = activeSecurityGroups(cluster, now)
  const wanted = cluster.vpcSecurityGroupIds
  return [...new Set([...wanted, ...active])].map((id) => ({
    VpcSecurityGroupId: id,
    Status: !active.includes(id) ? 'adding' : wanted.includes(id) ? 'active' : 'removing',
  }))
}

/** [aurora §1.1] */
export function networkType(group: SubnetGroup, requested = 'IPV4'): string {
  if (!['IPV4', 'DUAL'].includes(requested)) throw invalidValue(`Invalid network type: ${requested}`)
  if (!group.supportedNetworkTypes.includes(requested)) {
    throw rdsFault(
      'NetworkTypeNotSupported',
      `The DB subnet group ${group.name} doesn't support ${requested}.`,
    )
  }
  return requested
}

export function describeDBSubnetGroups(
  input: DescribeDBSubnetGroupsMessage,
  moment: Moment,
): DBSubnetGroupMessage {
  const { state } = moment
  const groups =
    input.DBSubnetGroupName === undefined
      ? [...state.subnetGroups.values()]
      : [subnetGroupOr404(state, input.DBSubnetGroupName)]
  const { items, marker } = page({ items: groups, keyOf: (group) => group.name, request: input, moment })
  return { DBSubnetGroups: items.map((group) => describedSubnetGroup(state, group)), Marker: marker }
}
