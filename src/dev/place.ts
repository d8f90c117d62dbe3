import type { VariableInput } from '../client/generated';

/** Location and output of the demo, passed to each of its parts. */
export interface Place {
  /** Path of the checkout. */
  readonly root: string;
  /** Address of the server. */
  readonly url: string;
  /** Folder to which the examples deploy. */
  readonly target: string;
  readonly print: (line?: string) => void;
  /** Registers cleanup for the end of the demo, even after an error. */
  readonly atEnd: (stop: () => Promise<void>) => void;
}

export const namedValue = (name: string, value: string): VariableInput => ({
  name,
  variableValue: { type: 'NAME', value },
});

/** A deployed service's response, in one line. */
export async function healthAt(port: number | string | undefined): Promise<string> {
  const url = `http://127.0.0.1:${port}/health`;
  const response = await fetch(url);
  const { status, version } = (await response.json()) as { status: string; version: string };
  return `${url} → ${response.status} ${status} ${version}`;
}
