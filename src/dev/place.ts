import type { VariableInput } from '../client/generated';

/** Where the demo runs and how it reports: passed to each of its parts. */
export interface Place {
  /** The checkout. */
  readonly root: string;
  /** The server's address. */
  readonly url: string;
  /** Folder that the examples deploy to. */
  readonly target: string;
  readonly print: (line?: string) => void;
  /** Registers cleanup for the end of the demo, however it ends. */
  readonly atEnd: (stop: () => Promise<void>) => void;
}

export const namedValue = (name: string, value: string): VariableInput => ({
  name,
  variableValue: { type: 'NAME', value },
});

/** The answer of a deployed service, in one line. */
export async function healthAt(port: number | string | undefined): Promise<string> {
  const url = `http://127.0.0.1:${port}/health`;
  const response = await fetch(url);
  const { status, version } = (await response.json()) as { status: string; version: string };
  return `${url} → ${response.status} ${status} ${version}`;
}
