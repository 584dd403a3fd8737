/** A policy of IAM, as far as the roles of this action need one (IAM user guide, reference_policies_elements). */
export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

export interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: { readonly Federated: string }
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
  readonly Condition?: Condition
}

/** Operator → key → values. All operators and keys must hold; of the values one is enough. */
export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>

/** Conditions that must hold together. Two parts may use one operator, but on different keys. */
export function every(...parts: readonly Condition[]): Condition {
  const joined: Record<string, Readonly<Record<string, string | readonly string[]>>> = {}
  for (const part of parts)
    for (const [operator, keys] of Object.entries(part)) joined[operator] = { ...joined[operator], ...keys }
  return joined
}
