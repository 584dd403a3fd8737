/** The version in package.json (a test compares them); part of the user agent, so that CloudTrail shows which one acted. */
export const VERSION = '1.0.0'
