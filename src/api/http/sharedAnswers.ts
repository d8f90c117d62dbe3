import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  getOperationAST,
  Kind,
  visit,
} from 'graphql';
import type { Actor } from '../../access/actor';
import type { Database } from '../../kernel/database/database';
import type { StreamEvent } from '../../kernel/streamEvent';
import type { Log } from '../../kernel/log';
import type { RequestInfo } from '../graphql/context';
import { toGraphqlError, toRefusal } from '../graphql/errors';

export interface SharedAnswersOptions {
  readonly log: Log;
  /** The caller at some time after `since`. Throws if the caller is no longer valid. Called before each event. */
  readonly renew: (actor: Actor, since?: number) => Promise<Actor>;
  /** Equal for callers who see the same in the whole API. */
  readonly rightsKey: (actor: Actor) => string;
  readonly createContext: (request: RequestInfo, actor: Actor, database?: Database) => object;
}

export interface Answer {
  /** An execution result, as JSON. */
  readonly text: string;
  /** State of the caller when this was made. */
  readonly actor: Actor;
}

/** Everything about an operation that affects its results. */
export interface SharedOperation {
  readonly args: ExecutionArgs;
  readonly key: string;
}

/**
 * Executes an event once for all clients with the same operation, variables and permissions. A dashboard open in a
 * thousand browsers costs one execution and one serialization per event, plus a write to each socket.
 *
 * Events are compared as objects: a source that gives several streams the same object lets them share. Results live as
 * long as their event, so there is nothing to clean up.
 */
export class SharedAnswers {
  private readonly answers = new WeakMap<object, Map<string, Promise<Answer>>>();
  private readonly documents = new WeakMap<DocumentNode, number>();
  private documentCount = 0;

  constructor(private readonly options: SharedAnswersOptions) {}

  /** The start of a stream does not change what its events contain, so its variable does not count. */
  operation(args: ExecutionArgs): SharedOperation {
    const variables = { ...args.variableValues };
    const start = startVariable(args);
    if (start !== undefined) delete variables[start];
    const parts = [this.numberOf(args.document), args.operationName ?? null, variables];
    return { args, key: createHash('sha1').update(JSON.stringify(parts)).digest('base64') };
  }

  /**
   * Rejects if the event as a whole can't be delivered: then the stream must end, or the event would be missing from
   * it.
   */
  of(event: unknown, operation: SharedOperation, actor: Actor, request: RequestInfo): Promise<Answer> {
    if (typeof event !== 'object' || event === null) return this.make(event, operation.args, actor, request);
    let answers = this.answers.get(event);
    if (answers === undefined) {
      answers = new Map();
      this.answers.set(event, answers);
    }
    const key = `${operation.key} ${this.options.rightsKey(actor)}`;
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = this.make(event, operation.args, actor, request);
      answers.set(key, answer);
    }
    return answer;
  }

  private async make(event: unknown, args: ExecutionArgs, before: Actor, request: RequestInfo): Promise<Answer> {
    const { log, createContext, renew } = this.options;
    try {
      const { within, readAt } = (event ?? {}) as StreamEvent;
      const actor = await renew(before, readAt);
      // Each event has its own context: a DataLoader that outlives an event would return its rows for the next one.
      const work = async (database?: Database) =>
        execute({ ...args, rootValue: event, contextValue: createContext(forMany(request), actor, database) });
      const result = await (within === undefined ? work() : within(work));
      return { text: this.serialise(result, request), actor };
    } catch (error) {
      throw toRefusal(error, log, { requestId: request.id });
    }
  }

  private serialise({ data, errors }: ExecutionResult, request: RequestInfo): string {
    if (errors === undefined) return JSON.stringify({ data });
    if (data == null) throw errors[0];
    const { log } = this.options;
    return JSON.stringify({
      errors: errors.map((error) => toGraphqlError(error, log, { requestId: request.id })),
      data,
    });
  }

  private numberOf(document: DocumentNode): number {
    let number = this.documents.get(document);
    if (number === undefined) {
      number = ++this.documentCount;
      this.documents.set(document, number);
    }
    return number;
  }
}

const never = new AbortController().signal;

/** The first client may leave before the others have their result. */
function forMany(request: RequestInfo): RequestInfo {
  return { ...request, signal: never };
}

/** Arguments that define the start of a stream. */
const startArguments = ['after', 'afterOffset'];

/** The variable that defines the start of the stream, if it is used for nothing else. */
function startVariable({ document, operationName }: ExecutionArgs): string | undefined {
  const field = getOperationAST(document, operationName)?.selectionSet.selections[0];
  if (field?.kind !== Kind.FIELD) return undefined;
  const value = field.arguments?.find(({ name }) => startArguments.includes(name.value))?.value;
  if (value?.kind !== Kind.VARIABLE) return undefined;
  const name = value.name.value;
  let uses = 0;
  visit(document, {
    VariableDefinition: () => false,
    Variable: (variable) => {
      if (variable.name.value === name) uses++;
    },
  });
  return uses === 1 ? name : undefined;
}
