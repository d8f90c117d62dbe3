import { invalidInput } from '../../kernel/errors';
import type { SecretPlace } from './secrets';

/** Application or environment of a secret, in FirstGen's form. */
export interface UsageScope {
  readonly appEnvScopes?: readonly (AppEnvScope | null)[] | null | undefined;
}
interface AppEnvScope {
  readonly application?:
    | { readonly appId?: string | null | undefined; readonly filterType?: unknown }
    | null
    | undefined;
  readonly environment?:
    | { readonly envId?: string | null | undefined; readonly filterType?: unknown }
    | null
    | undefined;
}

/** The application or environment that a scope selects. A secret has only one, so that a task gets one value. */
export function placeOfScope(scope: UsageScope | null | undefined, field: string): SecretPlace {
  const [one, ...others] = scope?.appEnvScopes ?? [];
  const appId = one?.application?.appId;
  const envId = one?.environment?.envId ?? null;
  if (appId != null && others.length === 0 && (envId !== null || one?.environment?.filterType == null)) {
    return { applicationId: appId, environmentId: envId };
  }
  const message =
    'A secret belongs to one application or one environment. Give exactly one scope, with the "appId" of its application, and the "envId" of its environment for a secret of an environment.';
  throw invalidInput([{ field: `${field}.usageScope`, value: null, rule: 'SCOPE', message }]);
}

export const scopeOf = ({ applicationId, environmentId }: SecretPlace) => ({
  appEnvScopes: [
    {
      application: { appId: applicationId, filterType: null },
      environment: { envId: environmentId, filterType: null },
    },
  ],
});
