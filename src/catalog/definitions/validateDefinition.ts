import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { findApplicationsByName } from '../applications/applications.store';
import { loadConfigurations } from './configuration';
import { isName } from '../../kernel/naming';
import { type DefinitionSource, parseDefinitions } from '../language/parseDefinitions';
import { findExceptedGroups } from './namedByFreezes';
import { applicationNameOf } from './planDocument';
import { asSeenBy } from './seen';
import { checkDependencies } from '../services/serviceDependencies';
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
  const source = parseDefinitions({
    ...input,
    application: input.application ?? unnamed,
    name: input.name ?? NAMELESS,
  });
  const names = [...new Set(source.documents.map(({ document }) => applicationNameOf(document)))].filter(isName);
  const existing = await findApplicationsByName(app.database, names);
  validateSource(source, asSeenBy(actor.access, await loadConfigurations(app.database, existing)), unnamed);
  await checkDependencies(app.database, actor.access, source);
  await findExceptedGroups(app.database, actor, source);
  const { errors, warnings } = source.problems.inOrder;
  return { valid: errors.length === 0, errors, warnings };
}
