import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadOutput, LastLine, readOutputFile } from '../../src/agent/commandOutputs';

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
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-outputs-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const written = async (text: string) => {
    const file = join(folder, 'output');
    await writeFile(file, text);
    return readOutputFile(file);
  };

  it('has a variable on each line', async () => {
    expect(await written('A=1\n\nB=a=b; $(c)\r\nC=\n')).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: 'a=b; $(c)' },
      { name: 'C', value: '' },
    ]);
  });

  it('may be missing', async () => {
    expect(await readOutputFile(join(folder, 'none'))).toEqual([]);
  });

  it.each([['A=1\nno variable\n'], ['=x'], [`A=${'x'.repeat(300_000)}`]])(
    'is refused when it is something else',
    async (text) => {
      await expect(written(text)).rejects.toThrow(BadOutput);
    },
  );

  it('is rejected when it is a directory', async () => {
    await expect(readOutputFile(folder)).rejects.toThrow(BadOutput);
  });
});
