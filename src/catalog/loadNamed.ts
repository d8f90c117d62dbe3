import { type BatchLoad, byKey, type Loaders } from '../kernel/loaders';
import type { ApplicationParts, NamedRow } from './namedRows.store';

/** Loads what definitions refer to by name, many at once: `environmentNamed(loaders, applicationId, 'staging')`. */
export function partNamed<T extends NamedRow & { readonly applicationId: string }>(parts: ApplicationParts<T>) {
  const keyOf = (applicationId: string, name: string) => `${applicationId} ${name}`;
  const load: BatchLoad<T> = async (app, keys) => {
    const wanted = keys.map((key) => {
      const end = key.indexOf(' ');
      return { applicationId: key.slice(0, end), name: key.slice(end + 1) };
    });
    return byKey(await parts.findNamed(app.database, wanted), (row) => keyOf(row.applicationId, row.name));
  };
  return (loaders: Loaders, applicationId: string, name: string): Promise<T | undefined> =>
    loaders.load(load, keyOf(applicationId, name));
}
