import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { cutAtCharacter, encodeAppend, LogFramer, type LogRecord } from '../../src/agent/logRecords';

const record = (text: string, stream: 'stdout' | 'stderr' = 'stdout', at = 0): LogRecord => ({
  stream,
  at,
  data: Buffer.from(text),
});

function framed(feed: (framer: LogFramer) => void, exact = true): LogRecord[] {
  const records: LogRecord[] = [];
  const framer = new LogFramer((one) => records.push(one), exact);
  feed(framer);
  framer.flush();
  return records;
}

const textOf = (records: readonly LogRecord[]) => Buffer.concat(records.map(({ data }) => data)).toString('utf8');

describe('LogFramer', () => {
  it('keeps the order of the two streams', () => {
    const records = framed((framer) => {
      framer.add('stdout', Buffer.from('one '), 0);
      framer.add('stderr', Buffer.from('two '), 1);
      framer.add('stdout', Buffer.from('three'), 2);
    });
    expect(records.map(({ stream, data }) => [stream, data.toString()])).toEqual([
      ['stdout', 'one '],
      ['stderr', 'two '],
      ['stdout', 'three'],
    ]);
  });

  it('combines reads of one stream that are close together', () => {
    const records = framed((framer) => {
      framer.add('stdout', Buffer.from('a'), 0);
      framer.add('stdout', Buffer.from('b'), 10);
      framer.add('stdout', Buffer.from('c'), 100);
    });
    expect(records.map(({ at, data }) => [at, data.toString()])).toEqual([
      [0, 'ab'],
      [100, 'c'],
    ]);
  });

  it('keeps a split character whole, even with the other stream in between', () => {
    const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)];
    const records = framed((framer) => {
      framer.add('stdout', first, 0);
      framer.add('stderr', Buffer.from('!'), 0);
      framer.add('stdout', second, 0);
    });
    expect(textOf(records)).toBe('!ä');
  });

  it('keeps bytes that are no text, unless the server takes text only', () => {
    const bytes = Buffer.from([0x61, 0xff, 0x62, 0xe2, 0x82]);
    const feed = (framer: LogFramer) => {
      framer.add('stdout', bytes, 0);
      framer.end('stdout', 0);
    };
    expect(Buffer.concat(framed(feed).map(({ data }) => data))).toEqual(bytes);
    expect(textOf(framed(feed, false))).toBe('a\ufffdb\ufffd');
  });

  it('keeps any bytes in any chunks, and counts them correctly', () => {
    const read = fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.uint8Array({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(read, { maxLength: 20 }), (reads) => {
        let emitted = 0;
        const records: LogRecord[] = [];
        const framer = new LogFramer((one) => {
          records.push(one);
          emitted += one.data.length;
        });
        for (const [stream, bytes] of reads) framer.add(stream, Buffer.from(bytes), 0);
        framer.end('stdout', 0);
        framer.end('stderr', 0);
        const length = emitted + framer.openBytes;
        framer.flush();
        expect(emitted).toBe(length);
        for (const stream of ['stdout', 'stderr']) {
          const own = reads.filter(([name]) => name === stream).map(([, bytes]) => Buffer.from(bytes));
          const kept = records.filter((one) => one.stream === stream).map(({ data }) => data);
          expect(Buffer.concat(kept).equals(Buffer.concat(own))).toBe(true);
        }
      }),
    );
  });
});

it('never cuts a character, and holds back less than one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, length) => {
      const data = Buffer.from(text);
      const cut = cutAtCharacter(data, length);
      expect(cut).toBeLessThanOrEqual(length);
      expect(data.subarray(0, cut).toString() + data.subarray(cut).toString()).toBe(data.toString());
      expect(Math.min(length, data.length) - cut).toBeLessThan(4);
    }),
  );
});

describe('encodeAppend', () => {
  it('produces the body that the protocol describes', () => {
    const { body, bytes } = encodeAppend(7, [record('a"\n', 'stdout', 0), record('ü', 'stderr', 1500)], 1000);
    expect(bytes).toBe(5);
    expect(JSON.parse(body)).toEqual({
      offset: 7,
      frames: [
        { stream: 'stdout', at: '1970-01-01T00:00:00.000Z', text: 'a"\n' },
        { stream: 'stderr', at: '1970-01-01T00:00:01.500Z', text: 'ü' },
      ],
      sha256: createHash('sha256').update('a"\nü').digest('hex'),
    });
  });

  it('sends bytes that are no text as Base64', () => {
    const bytes = Buffer.from([0x61, 0xff, 0x0a]);
    const { body } = encodeAppend(0, [{ stream: 'stdout', at: 0, data: bytes }], 1000);
    expect(JSON.parse(body).frames).toEqual([{ stream: 'stdout', at: '1970-01-01T00:00:00.000Z', data: 'Yf8K' }]);
  });

  it('stays within the limit, and all appends together are the whole log', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '\0', 'ä', '€', '😀', '"', '\n'),
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 240, max: 2000 }),
        (texts, limit) => {
          const whole = Buffer.from(texts.join(''));
          let received = '';
          for (let offset = 0; offset < whole.length; ) {
            const { body, bytes } = encodeAppend(offset, [record(whole.subarray(offset).toString())], limit);
            expect(Buffer.byteLength(body)).toBeLessThanOrEqual(limit);
            expect(bytes).toBeGreaterThan(0);
            const { frames }: { frames: { text: string }[] } = JSON.parse(body);
            received += frames.map((frame) => frame.text).join('');
            offset += bytes;
          }
          expect(received).toBe(texts.join(''));
        },
      ),
    );
  });

  it('takes as many records as fit, and part of the next', () => {
    const { body, bytes } = encodeAppend(0, [record('a'.repeat(300)), record('b'.repeat(300))], 600);
    const { frames }: { frames: { text: string }[] } = JSON.parse(body);
    expect(frames[0]?.text).toBe('a'.repeat(300));
    expect(frames[1]?.text).toMatch(/^b{20,}$/);
    expect(bytes).toBe(frames.reduce((sum, { text }) => sum + text.length, 0));
  });

  it('takes at least one character, whatever the limit', () => {
    expect(encodeAppend(0, [record('€uro')], 10).bytes).toBe(3);
  });
});
