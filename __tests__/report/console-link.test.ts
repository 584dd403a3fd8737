import { expect, test } from '@jest/globals'
import { consoleLink } from '../../src/report/console-link.ts'

test.each([
  ['aws', 'eu-west-1', 'console.aws.amazon.com'],
  ['aws-cn', 'cn-north-1', 'console.amazonaws.cn'],
  ['aws-us-gov', 'us-gov-west-1', 'console.amazonaws-us-gov.com'],
])('the console of %s is in its Region', (partition, region, host) => {
  expect(consoleLink(`arn:${partition}:rds:${region}:123456789012:cluster:clone-pr-42-shop-1`)).toBe(
    `https://${region}.${host}/rds/home?region=${region}#database:id=clone-pr-42-shop-1;is-cluster=true`,
  )
})

test.each([
  ['a partition whose console is not known', 'arn:aws-iso:rds:us-iso-east-1:123456789012:cluster:clone'],
  ['no ARN', undefined],
  ['an empty one', ''],
  ['an instance', 'arn:aws:rds:eu-west-1:123456789012:db:clone'],
  ['a name that Markdown would read', 'arn:aws:rds:eu-west-1:123456789012:cluster:clone) [x](http://evil'],
  ['a Region that is another host', 'arn:aws:rds:evil.example/:123456789012:cluster:clone'],
])('none for %s', (_, arn) => {
  expect(consoleLink(arn)).toBeUndefined()
})
