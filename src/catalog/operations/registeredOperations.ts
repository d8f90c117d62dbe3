import { tableOf } from '../../kernel/database/table';
import { field, guarded, listOf, orNull, type ShapeOf } from '../../kernel/fields';

const hash = field.key('SHA-256 of the text, in hexadecimal: the `sha256Hash` or `documentId` of requests.');

/** GraphQL document that clients may name by its hash, and that a server of registered operations executes. */
export const registeredOperationFields = {
  hash: { ...hash, column: { ...hash.column, primary: true } },
  names: listOf(field.text('Names of its operations.')),
  text: field.text('The document.'),
  createdAt: field.time('Time of registration.'),
  createdBy: orNull(field.key()),
};
export type RegisteredOperation = ShapeOf<typeof registeredOperationFields>;

export const registeredOperationTable = tableOf('registered_operation', registeredOperationFields, {});

export const operationsToRegister = {
  documents: listOf(
    guarded({ maxLength: 100_000 }, field.text('Texts of documents, exactly as clients send them. 1 to 500.')),
  ),
};
export type RegisterOperations = ShapeOf<typeof operationsToRegister>;
