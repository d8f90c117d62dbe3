import { commandEnvironment } from '../../src/agent/commandEnvironment';

describe('the environment of a command', () => {
  it('contains none of the agent’s secrets', () => {
    const own = {
      PATH: '/bin',
      HOME: '/home/agent',
      LC_ALL: 'C.UTF-8',
      SLIPWAY_AGENT_TOKEN: 'swr_secret',
      SLIPWAY_URL: 'http://slipway',
      AWS_SECRET_ACCESS_KEY: 'secret',
      NODE_OPTIONS: '--inspect',
      TMPDIR: undefined,
    };
    expect(commandEnvironment(own, {})).toEqual({ PATH: '/bin', HOME: '/home/agent', LC_ALL: 'C.UTF-8' });
  });

  it('prefers the job’s variables, and always has a PATH', () => {
    expect(commandEnvironment({ LANG: 'C' }, { LANG: 'de_DE', SLIPWAY_JOB_ID: '1' })).toEqual({
      PATH: expect.stringContaining('/usr/bin'),
      LANG: 'de_DE',
      SLIPWAY_JOB_ID: '1',
    });
  });
});
