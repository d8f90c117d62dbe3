import type { GraphQLFormattedError } from 'graphql';

/** FirstGen's messages about resources that do not exist, by kind. Its clients look for these texts. */
const missing: Readonly<Record<string, string>> = {
  execution: 'execution does not exist',
  'pipeline execution': 'execution does not exist',
  user: 'User does not exist',
  'user group': 'No User Group exists',
  secret: 'No secret exists',
  // Also for the caller who may not see it: FirstGen's clients tell the two apart in another way.
  application: 'User not authorized: the application does not exist, or you may not see it',
};

/** Message of an error in FirstGen's words. Everything else of the error stays. */
export function translateError(error: GraphQLFormattedError): GraphQLFormattedError {
  const { message, extensions: { code, kind } = {} } = error;
  switch (code) {
    case 'NOT_FOUND': {
      const known = missing[String(kind)];
      return known === undefined ? error : { ...error, message: known };
    }
    case 'FORBIDDEN':
      return { ...error, message: `User not authorized: ${message}` };
    case 'NAME_TAKEN':
      return { ...error, message: `Duplicate name: ${message}` };
    default:
      return error;
  }
}
