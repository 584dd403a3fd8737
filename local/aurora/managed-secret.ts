import { randomBytes } from 'node:crypto'
import { resourceId } from './identifiers.ts'
import { kmsKeyArn } from './kms.ts'
import type { Moment } from './moment.ts'
import type { ManagedSecret } from './records.ts'

interface SecretRequest {
  readonly clusterResourceId: string
  readonly kmsKeyId: string | undefined
}

/** The secret that RDS keeps for a cluster's master user; its name carries the cluster's resource id. [aurora §10] */
export function managedSecret(moment: Moment, { clusterResourceId, kmsKeyId }: SecretRequest): ManagedSecret {
  const { accountId, name: region } = moment.state
  const suffix = resourceId('cluster', `secret of ${clusterResourceId} at ${moment.now}`).slice(-6)
  return {
    arn: `arn:aws:secretsmanager:${region}:${accountId}:secret:rds!${clusterResourceId.toLowerCase()}-${suffix}`,
    kmsKeyId: kmsKeyArn(moment.state, kmsKeyId ?? 'alias/aws/secretsmanager'),
    requestedAt: moment.now,
  }
}

/** A password as RDS makes one for a secret. */
export const generatedPassword = (): string => randomBytes(21).toString('base64url')
