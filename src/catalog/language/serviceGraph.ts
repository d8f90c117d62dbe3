/** Services that one may depend on. */
export const MAX_DEPENDENCIES = 100;

/** Services by qualified name, `application/service`, with the qualified names of the services that they depend on. */
export type ServiceGraph = ReadonlyMap<string, readonly string[]>;

/** A service of the same application by its name, or any service as `application/service`. */
export const qualifiedName = (application: string, reference: string): string =>
  reference.includes('/') ? reference : `${application}/${reference}`;

/** The shortest form: without the application if it is the same. */
export function serviceReference(application: string, reference: string): string {
  const prefix = `${application}/`;
  return reference.startsWith(prefix) ? reference.slice(prefix.length) : reference;
}

/** A cycle from a node, such as a service, back to it; null if there is none. */
export function cycleFrom(graph: ReadonlyMap<string, readonly string[]>, node: string): readonly string[] | null {
  const seen = new Set<string>();
  const search = (at: string): string[] | null => {
    for (const next of graph.get(at) ?? []) {
      if (next === node) return [at, node];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = search(next);
      if (found !== null) return [at, ...found];
    }
    return null;
  };
  return search(node);
}

/** Services among `wanted` that each of them depends on: directly, or through services that are not among them. */
export function dependenciesAmong(
  graph: ServiceGraph,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const reached = (from: string) => {
    const [seen, found] = [new Set<string>(), new Set<string>()];
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const next of graph.get(at) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
        if (wanted.has(next) && next !== from) found.add(next);
      }
    }
    return found;
  };
  return new Map([...wanted].map((one) => [one, reached(one)]));
}

/**
 * Items in levels: each comes after all that it needs. If items need each other, the first one comes first.
 * Services never do, but workflows that deploy several services can.
 */
export function inLevels<Item>(items: readonly Item[], needs: (item: Item, other: Item) => boolean): Item[][] {
  const levels: Item[][] = [];
  for (let left = [...items]; left.length > 0; ) {
    const free = left.filter((item) => !left.some((other) => other !== item && needs(item, other)));
    const level = free.length > 0 ? free : left.slice(0, 1);
    levels.push(level);
    left = left.filter((item) => !level.includes(item));
  }
  return levels;
}
