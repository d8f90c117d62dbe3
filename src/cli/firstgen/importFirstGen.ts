import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { stringify } from 'yaml';
import { Followed } from '../failure';
import type { Ui } from '../ui';
import { documentsOf } from './documents';
import { readApplications, type Remark } from './source';

export interface ImportOptions {
  readonly output?: string;
  readonly check?: boolean;
}

/** `slipway import firstgen`: needs no server. Writes documents, and lists what could not be carried over. */
export async function importFirstGen(ui: Ui, folder: string, { output, check = false }: ImportOptions): Promise<void> {
  const remarks: Remark[] = [];
  const applications = await readApplications(folder, remarks);
  const files = [...applications].map(([name, found]) => {
    const documents = documentsOf(name, found, remarks);
    const text = documents.map((one) => stringify(one, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
    return { name: `${documents[0]?.name}.yaml`, text, documents };
  });
  if (!check && output !== undefined) {
    await mkdir(output, { recursive: true });
    for (const { name, text } of files) await writeFile(join(output, name), text);
  }
  const isPrinted = !check && output === undefined && !ui.json;
  if (isPrinted)
    for (const line of files
      .map(({ text }) => text)
      .join('---\n')
      .trimEnd()
      .split('\n'))
      ui.print(line);
  const written = files.map(({ name }) => (output === undefined ? name : join(output, name)));
  ui.answer({ documents: files.flatMap(({ documents }) => documents), notCarriedOver: remarks });
  const say = (line: string) =>
    isPrinted ? ui.terminal.stderr.write(`${stripVTControlCharacters(line)}\n`) : ui.say(line);
  for (const { file, path, reason } of remarks) say(`${ui.paint.yellow('!')} ${file}${path && ` ${path}`}: ${reason}`);
  if (!check && output !== undefined) say(`${ui.paint.green('✓')} wrote ${written.join(', ')}`);
  if (check && remarks.length > 0) throw new Followed('NOT_CARRIED_OVER', 'Some parts can’t be carried over.');
}
