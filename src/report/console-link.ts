/** The hosts of the consoles, below the Region, by the partition in an ARN. */
const HOSTS: ReadonlyMap<string, string> = new Map([
  ['aws', 'console.aws.amazon.com'],
  ['aws-cn', 'console.amazonaws.cn'],
  ['aws-us-gov', 'console.amazonaws-us-gov.com'],
])

/** Nothing in these parts means anything to Markdown. */
const CLUSTER_ARN =
  /^arn:(?<partition>[a-z-]+):rds:(?<region>[a-z0-9-]+):\d+:cluster:(?<identifier>[a-z0-9-]+)$/

/** The page of a cluster in AWS's console; `undefined` for a partition whose console is not known. */
export function consoleLink(arn: string | undefined): string | undefined {
  const { partition = '', region = '', identifier = '' } = CLUSTER_ARN.exec(arn ?? '')?.groups ?? {}
  const host = HOSTS.get(partition)
  return host === undefined
    ? undefined
    : `https://${region}.${host}/rds/home?region=${region}#database:id=${identifier};is-cluster=true`
}
