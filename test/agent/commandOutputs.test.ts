import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadOutput, LastLine, readOutputs } from '../../src/agent/commandOutputs';

describe('the last line of a stream', () => {
  it.each([
    ['a\nb\n', 'b'],
    ['a\nb', 'b'],
    ['a\n\n  \n', 'a'],
    ['a\r\n', 'a'],
    ['\n', ''],
    ['', ''],
    ['x\n é✓ \n\n', ' é✓ '],
  ])('of %j is %j, however the text is cut', (text, line) => {
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const last = new LastLine();
      last.add(bytes.subarray(0, cut));
      last.add(bytes.subarray(cut));
      expect(last.value).toBe(line);
    }
  });
});

describe('the file of outputs', () => {
  let folder: string;
  let values: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-outputs-'));
    values = join(folder, 'outputs');
    await mkdir(values);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const written = async (text: string) => {
    const file = join(folder, 'output');
    await writeFile(file, text);
    return readOutputs(file, values);
  };

  it('has a variable on each line', async () => {
    expect(await written('A=1\n\nB=a=b; $(c)\r\nC=\n')).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: 'a=b; $(c)' },
      { name: 'C', value: '' },
    ]);
  });

  it('may be missing', async () => {
    expect(await readOutputs(join(folder, 'none'), join(folder, 'neither'))).toEqual([]);
  });

  it('has multi-line values between two equal words', async () => {
    const text = 'A=1<<2\nNOTES<<END\none\n\n B=2 \nEND\nEMPTY<<X\nX\nJSON<<a b\r\n{\r\n}\r\na b\r\nC=3';
    expect(await written(text)).toEqual([
      { name: 'A', value: '1<<2' },
      { name: 'NOTES', value: 'one\n\n B=2 ' },
      { name: 'EMPTY', value: '' },
      { name: 'JSON', value: '{\n}' },
      { name: 'C', value: '3' },
    ]);
    await expect(written('A=1\nNOTES<<END\none\n')).rejects.toThrow(
      'line 2 of $SLIPWAY_OUTPUT begins a value, and no later line is "END", which would end it',
    );
  });

  it('has a folder alongside it with a file for each value', async () => {
    await writeFile(join(values, 'TAG'), 'v1\n');
    await writeFile(join(values, 'NOTES'), 'one\ntwo\n\n');
    expect(await written('A=1')).toEqual([
      { name: 'A', value: '1' },
      { name: 'NOTES', value: 'one\ntwo\n' },
      { name: 'TAG', value: 'v1' },
    ]);
    await symlink('TAG', join(values, 'LINK'));
    await expect(written('')).rejects.toThrow('$SLIPWAY_OUTPUTS/LINK is not a regular file');
  });

  it('does not wait for a named pipe in its place', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await readOutputs(join(folder, 'pipe'), values)).toEqual([]);
  });

  it('has bounds for the number and the size of values, and for names', async () => {
    await expect(written('A=1\n'.repeat(1001))).rejects.toThrow('1001 variables; the limit is 1000');
    await expect(written(`${'A'.repeat(1001)}=1`)).rejects.toThrow('whose name is too long');
    for (const name of ['A', 'B']) await writeFile(join(values, name), 'x'.repeat(200_000));
    await expect(written('')).rejects.toThrow('its values have more than 262144 bytes');
  });

  it.each([['A=1\nno variable\n'], ['=x'], ['A<<\nx\n'], [`A=${'x'.repeat(300_000)}`]])(
    'is rejected if it has another format',
    async (text) => {
      await expect(written(text)).rejects.toThrow(BadOutput);
    },
  );

  it('is rejected if it is a directory', async () => {
    await expect(readOutputs(folder, values)).rejects.toThrow(BadOutput);
  });
});
