/** A package imports JSON without saying so: Jest warns of it, and its next version refuses it. */
export default {
  process: (source) => ({
    code: source.replaceAll(/(?<= from "[^"]+\.json")(?=;)/g, ' with { type: "json" }'),
  }),
}
