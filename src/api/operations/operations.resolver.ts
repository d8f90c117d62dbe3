import { GraphQLError, type GraphQLResolveInfo, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import { Arg, Ctx, Info, Int, Mutation, Query, Resolver } from 'type-graphql';
import {
  type CheckedDocument,
  deleteRegisteredOperation,
  listRegisteredOperations,
  registerOperations,
} from '../../catalog/operations/changeRegisteredOperations';
import { operationsToRegister, registeredOperationFields } from '../../catalog/operations/registeredOperations';
import { type InputError, invalidInput } from '../../kernel/errors';
import { field, listOf } from '../../kernel/fields';
import type { Context } from '../graphql/context';
import { Input, mutationInput, mutationPayload, objectType } from '../graphql/described.types';
import { maxTokens } from '../graphql/documents';
import { hashOf } from '../graphql/knownOperations';
import { echo } from '../graphql/mutations.types';

const RegisteredOperation = objectType(
  'RegisteredOperation',
  'GraphQL document that clients can identify by its hash. With `SLIPWAY_OPERATIONS=registered`, the server executes only ' +
    'these, the documents in `SLIPWAY_OPERATIONS_DIR`, and those of the package `slipway/client`.',
  registeredOperationFields,
);
const RegisterOperationsInput = mutationInput(
  'RegisterOperationsInput',
  'Documents to register.',
  operationsToRegister,
);
const RegisterOperationsPayload = mutationPayload('RegisterOperationsPayload', 'Registered documents.', {
  operations: listOf(field.object(() => RegisteredOperation, 'The documents, in the order given.')),
});
const DeleteRegisteredOperationInput = mutationInput('DeleteRegisteredOperationInput', 'Operation to delete.', {
  hash: field.key('Its hash.'),
});
const DeleteRegisteredOperationPayload = mutationPayload(
  'DeleteRegisteredOperationPayload',
  'Result of the deletion.',
  { hash: field.key('Hash of the deleted operation.') },
);

@Resolver(() => RegisteredOperation)
export class OperationsResolver {
  @Query(() => [RegisteredOperation], {
    nullable: true,
    description:
      'Operations that administrators registered, sorted by hash. Administrators only. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  registeredOperations(
    @Arg('after', () => String, { nullable: true, description: 'Hash to continue after.' })
    after: string | null,
    @Arg('first', () => Int, { nullable: true, description: 'Maximum number, 1 to 500. Defaults to 50.' })
    first: number | null,
    @Ctx() { app, actor }: Context,
  ) {
    return listRegisteredOperations(app, actor, { after: after ?? null, first: first ?? 50 });
  }

  @Mutation(() => RegisterOperationsPayload, {
    description:
      'Registers documents, so that clients can identify them by the SHA-256 of their text (`extensions.persistedQuery.sha256Hash` or ' +
      '`documentId`), and so that a server with `SLIPWAY_OPERATIONS=registered` executes them. Each must be valid in this schema. ' +
      'Registering a document again changes nothing. Administrators only. Example: `registerOperations(input: {documents: ["query ' +
      'Runs { executions { nodes { id } } }"]}) { operations { hash } }`. Errors: FORBIDDEN, INVALID_INPUT.',
  })
  async registerOperations(
    @Input(RegisterOperationsInput) input: InstanceType<typeof RegisterOperationsInput>,
    @Info() { schema }: GraphQLResolveInfo,
    @Ctx() { app, actor }: Context,
  ) {
    actor.access.requireAdministrator('register operations');
    const errors: InputError[] = [];
    const documents = input.documents.flatMap((text, index) => checkDocument(schema, text, index, errors));
    if (errors.length > 0) throw invalidInput(errors);
    return { ...echo(input), operations: await registerOperations(app, actor, documents) };
  }

  @Mutation(() => DeleteRegisteredOperationPayload, {
    description:
      'Deletes a registered operation. Servers refuse its hash within a second. With `SLIPWAY_OPERATIONS=any`, a server may still ' +
      'know its text from clients that sent it. Ready-made operations ' +
      'can’t be deleted. Administrators only. Errors: FORBIDDEN, NOT_FOUND.',
  })
  async deleteRegisteredOperation(
    @Input(DeleteRegisteredOperationInput) input: InstanceType<typeof DeleteRegisteredOperationInput>,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteRegisteredOperation(app, actor, input.hash);
    return { ...echo(input), hash: input.hash };
  }
}

function checkDocument(schema: GraphQLSchema, text: string, index: number, errors: InputError[]): CheckedDocument[] {
  const refuse = (message: string) => {
    errors.push({
      field: `documents[${index}]`,
      value: null,
      rule: 'DOCUMENT',
      message: `documents[${index}]: ${message}`,
    });
    return [];
  };
  try {
    const document = parse(text, { maxTokens });
    const [wrong] = validate(schema, document);
    if (wrong !== undefined) return refuse(wrong.message);
    const names = document.definitions.flatMap((one) =>
      one.kind === Kind.OPERATION_DEFINITION ? [one.name?.value ?? one.operation] : [],
    );
    return names.length === 0 ? refuse('it has no operation.') : [{ hash: hashOf(text), names, text }];
  } catch (error) {
    if (error instanceof GraphQLError) return refuse(error.message);
    throw error;
  }
}
