import type { RestoreDBClusterToPointInTimeMessage } from '@aws-sdk/client-rds'
import type { StatusStep } from './timeline.ts'
import { realisticAddress } from './endpoints.ts'
import type { EndpointAddress } from './endpoints.ts'

/**
 * How this cloud behaves where AWS's behaviour is a matter of time, of quotas, or not known. An open question is a
 * two-way switch; its default is what the evidence speaks for.
 */
export interface Behaviour {
  // How long things take. [aurora §2.4, §6.10]
  readonly clusterCreatingMs: number
  readonly fullCopyCreatingMs: number
  /** From the moment the cluster is available. */
  readonly instanceCreatingMs: number
  /** What an instance passes through between `creating` and `available`. [aurora §4.2] */
  readonly instanceStatusPath: readonly StatusStep[]
  readonly deletingMs: number
  readonly startingMs: number
  readonly stoppingMs: number
  readonly modifyingMs: number
  readonly resettingMasterCredentialsMs: number
  readonly secretCreatingMs: number
  /** Of a cluster that has paused at 0 ACUs, from the first request on: seconds to tens of them (gurenjs/guren#401). */
  readonly resumingMs: number
  /** A backtrack is listed as pending, and the cluster still shows `available`. */
  readonly backtrackPendingMs: number
  readonly backtrackingMs: number
  /** Until other security groups are in force; the cluster's status does not show it. */
  readonly changingSecurityGroupsMs: number

  // Quotas of an account in a Region. [aurora §2.3]
  readonly clusterQuota: number
  readonly instanceQuota: number
  /** Calls to RDS that an account may send in a second, all its callers together; AWS publishes no number. [aurora §2.3] */
  readonly callsPerSecond: number
  /** Copy-on-write clones; the next one is silently a full copy. [aurora §2.1] */
  readonly copyOnWriteLimit: number

  // Open questions. [aurora §14]
  /** [aurora §5.1] */
  readonly createInstanceWhileCreating: 'accept' | 'refuse'
  /** [aurora second look, a] */
  readonly createInstanceWhileModifying: 'accept' | 'refuse'
  /** [aurora §6.8] */
  readonly deleteClusterWhileCreating: 'accept' | 'refuse'
  readonly deleteInstanceWhileCreating: 'accept' | 'refuse'
  /** With all of its instances in `deleting`. [aurora second look, b] */
  readonly deleteClusterWithInstances: 'accept' | 'refuse'
  /** [aurora §14.2] */
  readonly deletedCloneFreesItsSlot: 'when-deletion-starts' | 'when-gone'
  readonly clonesOfClonesCount: boolean
  /** How a source that is stopped or has no instance is refused. [aurora §14.3] */
  readonly unusableSourceFault: 'InvalidDBClusterStateFault' | 'InvalidParameterCombination'
  readonly cloneWhileAnotherIsBeingMade: 'accept' | 'refuse'
  /** [aurora §14.6] */
  readonly dataApiOnClones: 'off' | 'inherited'
  /** Of `aurora-iopt1`. [aurora second look, unknown 7] */
  readonly storageTypeOnClones: 'standard' | 'inherited'
  /** An author of AWS's documentation has tried it: refused (awsdocs/amazon-aurora-user-guide#63). */
  readonly backtrackWithoutThatOfTheSource: 'accept' | 'refuse'
  /** What becomes of a backtrack that nothing speaks against. */
  readonly backtrack: 'completes' | 'fails' | 'refused'
  /** AWS's text of DBClusterBacktrack has its statuses in lower case, AWS's example of DescribeDBClusterBacktracks in upper case. */
  readonly backtrackStatuses: 'lower-case' | 'upper-case'
  /**
   * How a new master password shows: the status tells, or it stays `available` and the password counts later. [aurora second look,
   * C4]
   */
  readonly newPassword: 'shown-in-status' | 'silently-late'
  /** Members of a restore that AWS takes and then ignores. [aurora §1.3] */
  readonly ignoredByRestore: readonly (keyof RestoreDBClusterToPointInTimeMessage)[]
  /** [aurora §14.7] */
  readonly internetAccessGatewayOnClones: 'accept' | 'refuse'
  /** [aurora §14.8] */
  readonly instancesInheritClusterTags: boolean
  /** What DescribeDBInstances says to the filter of a cluster that is not there. [aurora second look, f] */
  readonly instancesOfUnknownCluster: 'none' | 'refuse'
  /** Whether a create call counts the tags that it sets as those of what it makes. */
  readonly createSeesItsOwnTags: boolean
  /** Whether DeleteDBCluster needs the right to a snapshot where none is to be made. [aurora §11.1] */
  readonly deleteChecksClusterSnapshot: boolean

  /** How far LatestRestorableTime is behind. [aurora §14.2] */
  readonly latestRestorableLagMs: number

  // Eventual consistency. [aurora §12]
  /** Tags that were written count for access control only after so long; those of a new resource, too. */
  readonly tagsCountForAccessAfterMs: number
  /** Describe calls do not see a new resource for so long. */
  readonly notFoundAfterCreateMs: number
  /** A deletion was accepted, but the resource still shows its old status for so long. */
  readonly availableAfterDeleteMs: number
  /** Instances still name their cluster as it was called before it was renamed, for so long. */
  readonly renamedClusterInstancesLagMs: number
  /** What a new cluster passes through before it is available for good. */
  readonly flapping: readonly StatusStep[]

  /**
   * An AWS Backup rule with point-in-time restore covers every cluster: then automated backups cannot be removed with it (RDS API,
   * DeleteDBCluster, DeleteAutomatedBackups).
   */
  readonly coveredByAwsBackup: boolean
  /** More than this no page holds, whatever MaxRecords says. */
  readonly pageCap: number
  /** Whether a list without members is left out of an answer. [aurora §4.5] */
  readonly emptyLists: 'absent' | 'present'
  /** Nothing listens yet for so long although the cluster and its writer are available; only with databases. */
  readonly listeningAfterMs: number
  /** Where endpoints point: AWS's own kind of name, or a function for servers that really listen somewhere. */
  readonly endpointAddress: 'realistic' | EndpointAddress
}

const SECOND = 1_000
const MINUTE = 60 * SECOND

export const defaultBehaviour: Behaviour = {
  clusterCreatingMs: MINUTE,
  fullCopyCreatingMs: 30 * MINUTE,
  instanceCreatingMs: 4 * MINUTE,
  instanceStatusPath: [{ status: 'modifying', forMs: 10 * SECOND }],
  deletingMs: 12 * MINUTE,
  startingMs: 5 * MINUTE,
  stoppingMs: 5 * MINUTE,
  modifyingMs: 30 * SECOND,
  resettingMasterCredentialsMs: 30 * SECOND,
  secretCreatingMs: 30 * SECOND,
  resumingMs: 15 * SECOND,
  backtrackPendingMs: 10 * SECOND,
  backtrackingMs: MINUTE,
  changingSecurityGroupsMs: 10 * SECOND,

  clusterQuota: 40,
  instanceQuota: 40,
  copyOnWriteLimit: 15,
  callsPerSecond: Infinity,

  createInstanceWhileCreating: 'accept',
  createInstanceWhileModifying: 'accept',
  deleteClusterWhileCreating: 'refuse',
  deleteInstanceWhileCreating: 'accept',
  deleteClusterWithInstances: 'accept',
  deletedCloneFreesItsSlot: 'when-gone',
  clonesOfClonesCount: true,
  unusableSourceFault: 'InvalidDBClusterStateFault',
  cloneWhileAnotherIsBeingMade: 'accept',
  dataApiOnClones: 'off',
  storageTypeOnClones: 'standard',
  backtrackWithoutThatOfTheSource: 'refuse',
  backtrack: 'completes',
  backtrackStatuses: 'lower-case',
  newPassword: 'shown-in-status',
  ignoredByRestore: [],
  internetAccessGatewayOnClones: 'refuse',
  instancesInheritClusterTags: false,
  instancesOfUnknownCluster: 'none',
  createSeesItsOwnTags: false,
  deleteChecksClusterSnapshot: false,

  latestRestorableLagMs: 0,

  tagsCountForAccessAfterMs: 0,
  notFoundAfterCreateMs: 0,
  availableAfterDeleteMs: 0,
  renamedClusterInstancesLagMs: 0,
  flapping: [],

  coveredByAwsBackup: false,
  pageCap: 100,
  emptyLists: 'absent',
  listeningAfterMs: 0,
  endpointAddress: 'realistic',
}

export const addressBy = (behaviour: Behaviour): EndpointAddress =>
  behaviour.endpointAddress === 'realistic' ? realisticAddress : behaviour.endpointAddress
