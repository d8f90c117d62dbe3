import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { findApplicationsByName } from '../applications/applications.store';
import { loadConfigurations } from './configuration';
import { isName } from '../../kernel/naming';
import { type DefinitionSource, parseSource, readSource } from '../language/parseDefinitions';
import { findExceptedGroups } from './namedByFreezes';
import { applicationNameOf } from './planDocument';
import { asSeenBy } from './seen';
import { checkDependencies } from '../services/serviceDependencies';
import { addFollowers, findFollowers } from '../templates/followers';
import { libraryFor } from '../templates/templateLibrary';
import { validateSource } from '../language/validateSource';
import type { DefinitionError } from '../language/validationRules';

export interface Validation {
  readonly valid: boolean;
  readonly errors: readonly DefinitionError[];
  readonly warnings: readonly DefinitionError[];
}

/** Placeholders for the application and the name of a document without them, which only TOML allows here. */
const UNNAMED = 'unnamed-application';
const NAMELESS = 'unnamed-workflow';

/**
 * Validates documents without a transaction, a lock or a plan: it writes nothing and blocks nothing. It reports every
 * error that `applyDefinitions` would, so that editors and external CI systems can use it with a read-only key.
 */
export async function validateDefinition(app: App, actor: Actor, input: DefinitionSource): Promise<Validation> {
  const unnamed = input.format === 'TOML' && input.application == null ? UNNAMED : undefined;
  const read = readSource({ ...input, application: input.application ?? unnamed, name: input.name ?? NAMELESS });
  const source = parseSource(read, await libraryFor(app.database, actor.access, read));
  const followers = await findFollowers(app.database, source);
  const applications = source.documents.map(({ document }) => applicationNameOf(document));
  const names = new Set([...applications, ...followers.map(({ application }) => application ?? '')]);
  const existing = await findApplicationsByName(app.database, [...names].filter(isName));
  const configurations = asSeenBy(actor.access, await loadConfigurations(app.database, existing));
  addFollowers(source, followers, configurations);
  validateSource(source, configurations, unnamed);
  await checkDependencies(app.database, actor.access, source);
  await findExceptedGroups(app.database, actor, source);
  const { errors, warnings } = source.problems.inOrder;
  return { valid: errors.length === 0, errors, warnings };
}
