/** `Date` on another clock. */
export function dateOf(now: () => number): DateConstructor {
  const RealDate = Date
  const Virtual = new Proxy(RealDate, {
    construct: (target, parameters: unknown[], newTarget) =>
      Reflect.construct(target, parameters.length === 0 ? [now()] : parameters, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, property, receiver): unknown =>
      property === 'now' ? now : Reflect.get(target, property, receiver),
  })
  return Virtual
}
