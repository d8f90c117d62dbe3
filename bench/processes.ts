import { type ChildProcess, fork, type Serializable } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '../src/client/client';
import { agentEnvironment, KEY, serverEnvironment } from './harness';
import type { Place } from './place';

/** Milliseconds of a clock that all processes of this machine share. */
export const sharedClock = (): number => Number(process.hrtime.bigint()) / 1e6;

/** CPU time that a process has used, in microseconds: user and system. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  // In ticks of the kernel: 10 ms each.
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

export const residentOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** A program of this folder in a process of its own, so that its CPU time is counted apart. */
export class Helper {
  private readonly child: ChildProcess;

  constructor(program: string, env: Readonly<Record<string, string>> = {}) {
    this.child = fork(join(__dirname, `${program}.js`), [], {
      env: { ...process.env, NODE_ENV: 'production', ...env },
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Sends an order. Its answer is the next message. */
  async ask<Answer>(order: Serializable): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      const ended = () => reject(new Error('the process has ended'));
      this.child.once('exit', ended);
      this.child.once('message', (message) => {
        this.child.off('exit', ended);
        resolve(message as Answer);
      });
    });
    this.child.send(order);
    return answer;
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill();
    await exited;
  }
}

/** Answers the orders of the process that forked this one, one after the other. */
export function answerOrders<Order>(work: (order: Order) => Promise<Serializable>): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (order: Order) => {
    work(order).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  readonly databaseUrl: string;
  readonly client: Client;
  agentEnvironment(slots: number): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** The server in production mode, as `npm start` runs it, on a database of its own. Only rate limits are off. */
export async function startServerProcess(
  place: Place,
  databaseUrl?: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const folder = await mkdtemp(join(place.folder, 'server-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const database = databaseUrl ?? (await place.newDatabase());
  const child = fork(join(__dirname, '../src/main.js'), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [
      '--max-semi-space-size=64',
      ...(process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/walk-hooks/prof'] : []),
    ],
    env: { ...process.env, NODE_ENV: 'production', ...serverEnvironment(folder, database, port), ...settings },
  });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error('the server did not start');
    await pause(50);
  }
  return {
    url,
    pid: child.pid ?? 0,
    databaseUrl: database,
    client: new Client(url, KEY),
    agentEnvironment: (slots) => agentEnvironment(url, folder, slots),
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      process.off('exit', end);
    },
  };
}

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
