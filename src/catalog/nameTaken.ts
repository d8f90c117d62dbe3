import { sqlState, violatedConstraint } from '../kernel/database/database';
import { Refusal } from '../kernel/errors';

export function nameTaken(kind: string, name: string): Refusal {
  const where = kind === 'application' || kind === 'freeze' || kind === 'tag' ? '' : ' in this application';
  const article = /^[aeiou]/.test(kind) ? 'an' : 'a';
  return new Refusal('NAME_TAKEN', `There is already ${article} ${kind} "${name}"${where}.`, { kind, name });
}

/** The unique index is the final check on names, in case anything gets past the locks and checks of the commands. */
export async function refusingTakenName<T>(kind: string, name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (sqlState(error) === '23505' && violatedConstraint(error) === `${kind}_name`) throw nameTaken(kind, name);
    throw error;
  }
}
