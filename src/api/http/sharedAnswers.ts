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
import type { Log } from '../../kernel/log';
import type { StreamEvent } from '../../kernel/streamEvent';
import type { RequestInfo } from '../graphql/context';
import { toGraphqlError, toRefusal } from '../graphql/errors';

export interface SharedAnswersOptions {
  readonly log: Log;
  /**
   * Returns the caller as of now, or as of some time after `since`; throws if its key is no longer valid. Called before
   * each event.
   */
  readonly renew: (actor: Actor, since?: number) => Promise<Actor>;
  /** Equal for callers that see the same data everywhere in the API. */
  readonly rightsKey: (actor: Actor) => string;
  readonly createContext: (request: RequestInfo, actor: Actor, database?: Database) => object;
}

export class Answer {
  private encoded: Buffer | undefined;

  constructor(
    /** Execution result as JSON. */
    readonly text: string,
    /** Caller as of this answer. */
    readonly actor: Actor,
  ) {}

  /** `text` in UTF-8, encoded once for all sockets. */
  get bytes(): Buffer {
    this.encoded ??= Buffer.from(this.text);
    return this.encoded;
  }
}

/** Operation of one stream. */
export class SharedOperation {
  private actor: Actor | undefined;
  private full = '';

  constructor(
    readonly args: ExecutionArgs,
    /** Everything in the operation that its answers depend on. */
    private readonly key: string,
  ) {}

  /** Key combined with a caller's rights. Cached, because a stream keeps its caller for many events. */
  keyFor(actor: Actor, rightsKey: (actor: Actor) => string): string {
    if (actor !== this.actor) {
      this.actor = actor;
      this.full = `${this.key} ${rightsKey(actor)}`;
    }
    return this.full;
  }
}

/**
 * Computes each answer once for all callers with the same operation, variables and rights. A dashboard open in a
 * thousand browsers costs one execution and one serialization per event, plus a write to each socket.
 *
 * Events are compared by identity: streams share an answer if their source yields the same object. Answers live as long
 * as their event.
 */
export class SharedAnswers {
  private readonly answers = new WeakMap<object, Map<string, Answer | Promise<Answer>>>();
  private readonly documents = new WeakMap<DocumentNode, number>();
  private documentCount = 0;

  constructor(private readonly options: SharedAnswersOptions) {}

  /** The start position of a stream does not change its events, so its variable is not part of the key. */
  operation(args: ExecutionArgs): SharedOperation {
    const variables = { ...args.variableValues };
    const start = startVariable(args);
    if (start !== undefined) delete variables[start];
    const parts = [this.numberOf(args.document), args.operationName ?? null, variables];
    return new SharedOperation(args, createHash('sha1').update(JSON.stringify(parts)).digest('base64'));
  }

  /**
   * Returns the answer, or a promise while it is being computed. Rejects if the event has no answer: the stream must
   * then end, or it would skip the event.
   */
  of(event: unknown, operation: SharedOperation, actor: Actor, request: RequestInfo): Answer | Promise<Answer> {
    if (typeof event !== 'object' || event === null) return this.make(event, operation.args, actor, request);
    let answers = this.answers.get(event);
    if (answers === undefined) {
      answers = new Map();
      this.answers.set(event, answers);
    }
    const key = operation.keyFor(actor, this.options.rightsKey);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = this.make(event, operation.args, actor, request);
    answers.set(key, answer);
    // A client that resumes from its cursor after an outage gets the same event, but must not get the earlier error.
    answer.then(
      (made) => answers.set(key, made),
      () => answers.delete(key),
    );
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
      return new Answer(this.serialize(result, request), actor);
    } catch (error) {
      throw toRefusal(error, log, { requestId: request.id });
    }
  }

  private serialize({ data, errors }: ExecutionResult, request: RequestInfo): string {
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

/** The first caller may leave before the others have their answer. */
function forMany(request: RequestInfo): RequestInfo {
  return { ...request, signal: never };
}

/** Arguments for the start position of a stream. */
const startArguments = ['after', 'afterOffset'];

/** The start position's variable, if it has no other use. */
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
