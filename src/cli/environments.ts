import { FindEnvironmentsDocument, type FindEnvironmentsQuery } from '../client/generated';
import type { Given } from '../client/requests';
import { exit, Failure, usage } from './failure';
import type { Session } from './session';

export type FoundEnvironment = Given<FindEnvironmentsQuery>['environments']['nodes'][number];

/** Finds an environment by its name, or by `application/name` if several applications have one of that name. */
export async function findEnvironment({ api }: Session, given: string): Promise<FoundEnvironment> {
  const slash = given.lastIndexOf('/');
  const [application, name] = slash < 0 ? [null, given] : [given.slice(0, slash), given.slice(slash + 1)];
  const filters = [{ name: { operator: 'EQUALS' as const, values: [name] } }];
  const { nodes } = (await api.ask(FindEnvironmentsDocument, { filters })).environments;
  const found = nodes.filter((one) => application === null || one.application?.name === application);
  const [environment] = found;
  if (environment === undefined) {
    const message = `No environment that you may see is named "${given}".`;
    throw new Failure(exit.refused, 'NOT_FOUND', message, {}, ['"slipway deployed" lists them.']);
  }
  if (found.length === 1) return environment;
  const names = found.map((one) => `${one.application?.name ?? ''}/${one.name}`);
  throw usage(`Several applications have an environment "${name}": name one of ${names.join(', ')}.`);
}

export const nameOfEnvironment = ({ name, application }: FoundEnvironment): string =>
  application === null ? name : `${application.name}/${name}`;
