import { setTimeout as delay } from 'node:timers/promises';
import { exit, Failure, refusal } from './failure';

type Variables = Readonly<Record<string, unknown>>;
type Answer = { readonly data?: unknown; readonly errors?: Parameters<typeof refusal>[0] };

const ANSWER_WITHIN_MS = 60_000;
/** The server sends something every 12 s; a stream that is silent for longer is dead, whatever the network says. */
const SILENT_MS = 30_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;
/** How long a server may be away before whoever follows a run gives up. */
const AWAY_MS = 5 * 60_000;

/** The server’s GraphQL API: queries and mutations by POST, subscriptions as server-sent events, which pass every proxy. */
export class Api {
  constructor(
    readonly url: string,
    private readonly key: string,
    private readonly onOutage: (problem: string | null) => void = () => undefined,
  ) {}

  async ask<Data>(query: string, variables: Variables = {}): Promise<Data> {
    const response = await this.post('/graphql', { query, variables }, AbortSignal.timeout(ANSWER_WITHIN_MS));
    const { data, errors } = await this.readJson(response);
    if (errors !== undefined || data == null) throw refusal(errors ?? [], runOf(variables));
    return data as Data;
  }

  /**
   * The answers of a subscription until it completes, over any number of connections: `variables` is asked again for each, and says where to
   * go on. A question was answered before, so a server that does not answer now will be back.
   */
  async *follow<Data>(query: string, variables: () => Variables, signal: AbortSignal): AsyncGenerator<Data> {
    let lostAt: number | null = null;
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      try {
        const onOpen = () => {
          if (lostAt !== null) this.onOutage(null);
          lostAt = null;
          pauseMs = FIRST_PAUSE_MS;
        };
        yield* this.stream<Data>(query, variables(), signal, onOpen);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Failure) || !isPassing(error)) throw error;
        lostAt ??= performance.now();
        if (performance.now() - lostAt > AWAY_MS) throw error;
        this.onOutage(error.message);
      }
      await delay(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => signal.throwIfAborted());
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  }

  /** One connection. It is over without an error only when the server says that the operation is complete. */
  private async *stream<Data>(
    query: string,
    variables: Variables,
    signal: AbortSignal,
    onOpen: () => void,
  ): AsyncGenerator<Data> {
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(), SILENT_MS);
    try {
      const either = AbortSignal.any([signal, silent.signal]);
      const response = await this.post('/graphql/stream', { query, variables }, either);
      if (!/^text\/event-stream/.test(response.headers.get('content-type') ?? '')) {
        throw refusal((await this.readJson(response)).errors ?? []);
      }
      onOpen();
      for await (const { event, data } of serverSentEvents(response, () => timer.refresh())) {
        if (event === 'complete') return;
        if (event !== 'next') continue;
        const answer = JSON.parse(data) as Answer;
        if (answer.errors !== undefined) throw refusal(answer.errors);
        yield answer.data as Data;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof Failure ? error : this.unreachable(silent.signal.aborted ? 'it is silent' : error);
    } finally {
      clearTimeout(timer);
      silent.abort();
    }
    throw this.unreachable('the connection was closed');
  }

  private async post(path: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const accept = path.endsWith('/stream') ? 'text/event-stream' : 'application/json';
    try {
      return await fetch(`${this.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, 'x-api-key': this.key },
        body: JSON.stringify(body),
        signal,
      });
    } catch (error) {
      throw this.unreachable(error);
    }
  }

  private async readJson(response: Response): Promise<Answer> {
    try {
      const { error, ...answer } = (await response.json()) as Answer & { error?: { code: string; message: string } };
      if (error === undefined) return answer;
      const { message, ...extensions } = error;
      return { errors: [{ message, extensions }] };
    } catch {
      throw this.unreachable(`HTTP ${response.status}, and it is not Slipway that speaks`);
    }
  }

  private unreachable(problem: unknown): Failure {
    return new Failure(exit.unreachable, 'UNREACHABLE', `No answer from ${this.url}: ${wordsOf(problem)}.`, {}, [
      'Is the server running there? Another address: SLIPWAY_URL, or --url.',
    ]);
  }
}

/** The run that a mutation is about, by whatever name its input has for it. */
function runOf({ input }: Variables): string | undefined {
  const { executionId, pipelineExecutionId, workflowExecutionId, runId } = (input ?? {}) as Record<string, string>;
  return executionId ?? pipelineExecutionId ?? workflowExecutionId ?? runId;
}

/** Whether trying again may help. */
const isPassing = ({ exitCode, details }: Failure): boolean =>
  exitCode === exit.unreachable || details.retryable === true;

function wordsOf(problem: unknown): string {
  if (!(problem instanceof Error)) return String(problem);
  if (problem.name === 'TimeoutError') return `nothing came within ${ANSWER_WITHIN_MS / 1000} s`;
  const cause = (problem.cause ?? problem) as NodeJS.ErrnoException;
  return cause.code === 'ECONNREFUSED' ? 'nobody listens there' : cause.message || cause.code || problem.message;
}

/** The events of a response’s body, as the HTML standard has them, as far as the server uses it. */
async function* serverSentEvents(
  response: Response,
  onBytes: () => void,
): AsyncGenerator<{ readonly event: string; readonly data: string }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of response.body ?? []) {
    onBytes();
    const blocks = (text + decoder.decode(bytes, { stream: true })).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => split(line)));
      yield { event: fields.get('event') ?? '', data: fields.get('data') ?? '' };
    }
  }
}

function split(line: string): [string, string] {
  const colon = line.indexOf(': ');
  return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
}
