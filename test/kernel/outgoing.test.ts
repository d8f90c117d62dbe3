import type { LookupAddress } from 'node:dns';
import { isPublicAddress } from '../../src/kernel/outgoing/addressRules';
import { Outgoing, type OutgoingError } from '../../src/kernel/outgoing/outgoing';
import { readServerConfig } from '../../src/kernel/config';
import { type Receiver, startReceiver } from '../support/receiver';

const allowing = (list: string) => readServerConfig({ SLIPWAY_OUTGOING_ALLOW: list }).SLIPWAY_OUTGOING_ALLOW;
const addresses = (...list: string[]): LookupAddress[] =>
  list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

describe('isPublicAddress', () => {
  it.each([
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.100.100.200', '0.0.0.0'],
    ...['168.63.129.16', '192.0.2.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', '::127.0.0.1'],
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', 'fe80::1', 'fd00:ec2::254', '64:ff9b::7f00:1', '64:ff9b:1::1'],
    ...['64:ff9b::a9fe:a9fe', '2002:7f00:1::1', '2001::1', '2001:db8::1', 'ff02::1', 'fec0::1', 'localhost', ''],
  ])('refuses %s', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each(['1.1.1.1', '93.184.215.14', '::ffff:1.1.1.1', '2606:4700:4700::1111', '64:ff9b::101:101'])(
    'accepts %s',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
});

describe('outgoing requests', () => {
  let receiver: Receiver;
  const opened: Outgoing[] = [];
  const open = (...given: ConstructorParameters<typeof Outgoing>) => {
    const outgoing = new Outgoing(...given);
    opened.push(outgoing);
    return outgoing;
  };
  const codeOf = async (outgoing: Outgoing, url: string) =>
    outgoing.request(new URL(url), { timeoutMs: 5000 }).then(
      ({ status }) => status,
      (error: OutgoingError) => error.code,
    );
  const port = () => new URL(receiver.url).port;

  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await Promise.all(opened.map((outgoing) => outgoing.close()));
    await receiver.close();
  });

  it('refuses private addresses in any notation, reserved ports, other protocols and credentials', async () => {
    const outgoing = open(allowing(''));
    const hosts = ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost'];
    const found = await Promise.all(hosts.map((host) => codeOf(outgoing, `http://${host}:${port()}/`)));
    expect(found).toEqual(hosts.map(() => 'ADDRESS_REFUSED'));
    for (const url of ['ftp://example.com/', 'https://a:b@example.com/', 'http://example.com:25/'])
      expect(await codeOf(outgoing, url)).toBe('ADDRESS_REFUSED');
    expect(receiver.requests).toEqual([]);
  });

  it('checks the address that it connects to, so that rebinding a name changes nothing', async () => {
    const answers = [addresses('93.184.215.14'), addresses('127.0.0.1')];
    const asked: string[] = [];
    const outgoing = open(allowing(''), (host, done) => {
      asked.push(host);
      done(null, answers.at(-1) ?? []);
    });
    // The name looked public when somebody checked it before; only the answer of the connection counts.
    expect(outgoing.problem(new URL(`http://rebind.example:${port()}/`))).toBeNull();
    expect(await codeOf(outgoing, `http://rebind.example:${port()}/`)).toBe('ADDRESS_REFUSED');
    expect(asked).toEqual(['rebind.example']);
    expect(receiver.requests).toEqual([]);
  });

  it('returns redirects without following them', async () => {
    receiver.answer = () => ({ status: 302, headers: { location: `${receiver.url}/metadata` } });
    const outgoing = open(allowing('loopback'));
    expect(await codeOf(outgoing, `${receiver.url}/hook`)).toBe(302);
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/hook']);
    receiver.answer = () => 204;
  });

  it('reaches permitted networks and hosts, and reports timeouts and closed ports', async () => {
    const local = (...given: [string, (typeof addresses extends (...a: never[]) => infer R ? R : never)?]) =>
      open(allowing(given[0]), (_host, done) => done(null, given[1] ?? addresses('127.0.0.1')));
    expect(await codeOf(local('127.0.0.0/8'), `http://hooks.internal:${port()}/`)).toBe(204);
    expect(await codeOf(local('hooks.internal'), `http://HOOKS.internal:${port()}/`)).toBe(204);
    expect(await codeOf(local('other.internal'), `http://hooks.internal:${port()}/`)).toBe('ADDRESS_REFUSED');
    receiver.answer = () => undefined;
    const outgoing = local('loopback');
    await expect(outgoing.request(new URL(receiver.url), { timeoutMs: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await codeOf(outgoing, 'http://127.0.0.1:1/')).toBe('CONNECTION_FAILED');
    receiver.answer = () => 204;
  });
});
