import type { Access } from '../../access/access';
import type { Actor } from '../../access/actor';
import { refuseIfUsed } from '../../access/inUse';
import type { Db } from '../../kernel/database/database';
import type { NamedRow } from '../../kernel/database/namedRows';
import { didYouMean } from '../../kernel/didYouMean';
import { type InputError, invalidInput } from '../../kernel/errors';
import { isName } from '../../kernel/naming';
import type { ServiceDocument } from '../language/documentShapes';
import type { ParsedSource } from '../language/parseDefinitions';
import {
  cycleFrom,
  MAX_DEPENDENCIES,
  qualifiedName,
  type ServiceGraph,
  serviceReference,
} from '../language/serviceGraph';
import type { ValidationRule } from '../language/validationRules';
import { findDependencies, findNamedServices, lockDependencies } from './serviceDependencies.store';

/** Facts about a service, without its table, which refers to this file. */
interface ServiceRow {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

/** References as they are stored: each once, without the application if it is the same. */
export const readReferences = (application: string, given: readonly string[]): string[] => [
  ...new Set(given.map((one) => serviceReference(application, one.trim()))),
];

/** A service that a document or a command defines, with its references. */
interface Dependent {
  readonly application: string;
  readonly name: string;
  readonly dependsOn: readonly string[];
}

interface Broken {
  readonly rule: ValidationRule;
  readonly index: number;
  readonly message: string;
}

/** Problems of the references of services: unknown ones, and cycles. Other services are as the database has them. */
async function findProblems(
  db: Db,
  access: Access,
  changed: readonly Dependent[],
  created: ReadonlySet<string>,
): Promise<ReadonlyMap<Dependent, readonly Broken[]>> {
  const wanted = changed.flatMap(({ application, dependsOn }) =>
    dependsOn.map((one) => qualifiedName(application, one)),
  );
  const [known, stored] = await Promise.all([findNamedServices(db, [...new Set(wanted)]), findDependencies(db)]);
  const readable = new Set(
    known.filter((row) => access.can('READ', 'Service', row)).map((row) => `${row.application}/${row.name}`),
  );
  const own = new Set(changed.map(({ application }) => application));
  const exists = (name: string) =>
    created.has(name) ||
    readable.has(name) ||
    // Names of the same application may be used, even if the caller may not see the service.
    known.some((row) => own.has(row.application) && `${row.application}/${row.name}` === name);
  const graph: ServiceGraph = new Map([
    ...stored.map((row) => [`${row.application}/${row.name}`, qualified(row)] as const),
    ...changed.map((row) => [`${row.application}/${row.name}`, qualified(row)] as const),
  ]);
  const inWords = (name: string) =>
    created.has(name) ||
    stored.some((row) => `${row.application}/${row.name}` === name && access.can('READ', 'Service', row))
      ? `"${name}"`
      : 'a service that you may not see';
  return new Map(
    changed.map((one) => {
      const self = `${one.application}/${one.name}`;
      const broken = one.dependsOn.flatMap((reference, index): Broken[] => {
        const name = qualifiedName(one.application, reference);
        if (name === self) return [{ rule: 'SELF_DEPENDENCY', index, message: 'A service can’t depend on itself.' }];
        if (exists(name)) return [];
        const near = didYouMean(
          reference,
          [...created, ...readable].map((known) => serviceReference(one.application, known)),
        );
        return [{ rule: 'UNKNOWN_SERVICE', index, message: `Service "${reference}" does not exist${near}.` }];
      });
      const cycle = broken.length === 0 ? cycleFrom(graph, self) : null;
      if (cycle === null) return [one, broken];
      const next = one.dependsOn.findIndex((reference) => qualifiedName(one.application, reference) === cycle[1]);
      const message = `Services depend on each other in a cycle: ${cycle.map(inWords).join(' → ')}.`;
      return [one, [{ rule: 'CYCLE', index: Math.max(0, next), message }]];
    }),
  );
}

const qualified = ({ application, dependsOn }: Dependent): string[] =>
  dependsOn.map((one) => qualifiedName(application, one));

export const hasDependencies = ({ documents }: ParsedSource): boolean =>
  documents.some(({ document }) => document.kind === 'Service' && document.dependsOn.length > 0);

/** Checks `depends_on` of the services of a source, and adds to the source’s problems. */
export async function checkDependencies(db: Db, access: Access, source: ParsedSource): Promise<void> {
  const documents = source.documents.flatMap((parsed) =>
    parsed.document.kind === 'Service' && parsed.intact ? [{ ...parsed, document: parsed.document }] : [],
  );
  if (!source.complete || !hasDependencies(source)) return;
  const dependents = new Map(documents.map((parsed) => [dependentOf(parsed.document), parsed.complain] as const));
  const changed = [...dependents.keys()];
  const created = new Set(changed.map(({ application, name }) => `${application}/${name}`));
  const problems = await findProblems(db, access, changed, created);
  source.problems.collect(() => {
    for (const [one, broken] of problems)
      for (const { rule, index, message } of broken) dependents.get(one)?.(rule, ['dependsOn', index], message);
  });
}

const dependentOf = ({ application, name, dependsOn }: ServiceDocument): Dependent => ({
  ...{ application, name },
  dependsOn: readReferences(application, dependsOn),
});

/** The same for a service that a command creates or changes; returns it as it is stored. */
export async function withDependencies<Row extends ServiceRow>(
  db: Db,
  { access }: Actor,
  application: NamedRow,
  given: Row,
): Promise<Row> {
  if (given.dependsOn.length === 0) return given;
  const service = { ...given, dependsOn: readReferences(application.name, given.dependsOn) };
  await lockDependencies(db);
  const one = { application: application.name, name: service.name, dependsOn: service.dependsOn };
  const problems = await findProblems(db, access, [one], new Set([`${application.name}/${service.name}`]));
  const errors = (problems.get(one) ?? []).map(
    ({ rule, index, message }): InputError => ({
      field: `dependsOn[${index}]`,
      value: service.dependsOn[index],
      ...{ rule, message: `dependsOn[${index}]: ${message}` },
    }),
  );
  if (errors.length > 0) throw invalidInput(errors);
  return service;
}

/** Reads references from a command. */
export function readDependencies(given: readonly string[]): readonly string[] {
  const errors = given.flatMap((value, index): InputError[] => {
    const parts = value.trim().split('/');
    if (parts.length <= 2 && parts.every(isName)) return [];
    const message = `dependsOn[${index}] must be the name of a service, or "application/service".`;
    return [{ field: `dependsOn[${index}]`, value: value.slice(0, 250), rule: 'BAD_NAME', message }];
  });
  if (given.length > MAX_DEPENDENCIES) {
    const message = `dependsOn has ${given.length} services; the limit is ${MAX_DEPENDENCIES}.`;
    errors.push({ field: 'dependsOn', value: given.length, rule: 'TOO_LARGE', message });
  }
  if (errors.length > 0) throw invalidInput(errors);
  return given;
}

/** Refuses to delete a service that others depend on. Those that the caller may not see are not named. */
export async function refuseDependents(
  db: Db,
  access: Access,
  application: NamedRow,
  { name }: Pick<ServiceRow, 'name'>,
): Promise<void> {
  const self = `${application.name}/${name}`;
  const users = (await findDependencies(db)).filter((row) => qualified(row).includes(self));
  const seen = users.filter((row) => access.can('READ', 'Service', row));
  const usedBy = seen.map((row) => ({
    kind: 'SERVICE',
    id: row.id,
    name: serviceReference(application.name, `${row.application}/${row.name}`),
  }));
  refuseIfUsed('service', name, usedBy, users.length - seen.length);
}
