import { buildSchema, parse } from 'graphql';
import { systemActor } from '../../../src/access/actor';
import { SharedAnswers } from '../../../src/api/http/sharedAnswers';
import { Refusal } from '../../../src/kernel/errors';
import { createLog } from '../../../src/kernel/log';

const request = { id: 'r', address: '127.0.0.1', transport: 'websocket' as const, signal: AbortSignal.timeout(1) };
const args = {
  schema: buildSchema('type Query { a: Int } type Subscription { n: Int }'),
  document: parse('subscription { n }'),
};

it('executes an event again after an outage, and shares the result', async () => {
  let away = true;
  let renewals = 0;
  const answers = new SharedAnswers({
    log: createLog({ level: 'silent', pretty: false }),
    rightsKey: () => 'same',
    createContext: () => ({}),
    async renew(actor) {
      renewals++;
      if (away) throw new Refusal('UNAVAILABLE', 'no database');
      return actor;
    },
  });
  const event = { n: 1 };
  const answer = () => answers.of(event, answers.operation(args), systemActor, request);
  await expect(answer()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  away = false;
  const [one, other] = await Promise.all([answer(), answer()]);
  expect(one?.text).toBe('{"data":{"n":1}}');
  expect(other).toBe(one);
  expect(renewals).toBe(2);
});
