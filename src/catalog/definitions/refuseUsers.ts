import type { Access } from '../../access/access';
import { refuseIfUsed } from '../../access/inUse';
import type { Configuration } from './configuration';
import type { Referred } from '../language/referred';
import { usersOf } from '../language/references';
import { unseenIn } from './seen';

/**
 * Refuses to delete objects that current definitions, triggers or environments refer to. Definitions that the caller may not see also prevent the
 * deletion, but are not named.
 */
export function refuseUsers(access: Access, referred: Referred, configuration: Configuration): void {
  const users = usersOf(referred, configuration);
  if (users.length === 0) return;
  const { environments, workflows, pipelines, triggers } = unseenIn(access, configuration);
  const unseen = { ENVIRONMENT: environments, WORKFLOW: workflows, PIPELINE: pipelines, TRIGGER: triggers };
  const seen = users.filter(({ kind, name }) => !unseen[kind].has(name));
  refuseIfUsed(referred.kind, referred.name, seen, users.length - seen.length);
}
