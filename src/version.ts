/** The version in package.json (a test compares them). The user agent has it, so CloudTrail shows it. */
export const VERSION = '1.0.0'
