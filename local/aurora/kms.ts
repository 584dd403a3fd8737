import { invalidCombination } from './aws-fault.ts'
import { rdsFault } from './protocol/model.ts'
import type { ClusterRecord, RegionState } from './records.ts'

type Encryption = Pick<ClusterRecord, 'storageEncrypted' | 'kmsKeyId'>

const KEY_ID = /^(mrk-)?[0-9a-f-]{32,36}$/
const ALIAS = /^alias\/[\w/-]+$/
const KEY_ARN =
  /^arn:aws[a-z-]*:kms:(?<region>[a-z0-9-]+):\d{12}:(key\/(mrk-)?[0-9a-f-]{32,36}|alias\/[\w/-]+)$/

/** A key of another Region, or none at all, can't be reached. [aurora §2.5] */
export function kmsKeyArn(state: RegionState, keyId: string): string {
  const region = KEY_ARN.exec(keyId)?.groups?.['region']
  const isReachable = region === undefined ? KEY_ID.test(keyId) || ALIAS.test(keyId) : region === state.name
  if (!isReachable) {
    throw rdsFault(
      'KMSKeyNotAccessibleFault',
      `The specified KMS key [${keyId}] does not exist, is not enabled or you do not have permissions to access it.`,
    )
  }
  if (region !== undefined) return keyId
  const resource = ALIAS.test(keyId) ? keyId : `key/${keyId}`
  return `arn:aws:kms:${state.name}:${state.accountId}:${resource}`
}

interface RestoredKey {
  readonly state: RegionState
  readonly source: ClusterRecord
  readonly requested: string | undefined
}

/** The source's key, or another; what is not encrypted stays so. [aurora §1.1] */
export function restoreKmsKey({ state, source, requested }: RestoredKey): Encryption {
  if (requested !== undefined) {
    if (!source.storageEncrypted) {
      throw invalidCombination("KmsKeyId can't be specified: the source DB cluster isn't encrypted.")
    }
    return { storageEncrypted: true, kmsKeyId: kmsKeyArn(state, requested) }
  }
  return source.kmsKeyId === undefined
    ? { storageEncrypted: source.storageEncrypted }
    : { storageEncrypted: source.storageEncrypted, kmsKeyId: source.kmsKeyId }
}
