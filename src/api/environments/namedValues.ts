/** A map as GraphQL has it: a list, sorted by name. */
export const namedValues = (values: Readonly<Record<string, string>>): { name: string; value: string }[] =>
  Object.keys(values)
    .sort()
    .map((name) => ({ name, value: values[name] ?? '' }));
