import { registerEnumType } from 'type-graphql';
import type { AgentState, AgentStatus } from '../../contract/labels';
import type { EnumType } from '../../kernel/fields';
import { enumOf } from '../graphql/described.types';

export enum AgentStatusEnum {
  ONLINE = 'ONLINE',
  OFFLINE = 'OFFLINE',
  LEFT = 'LEFT',
}
registerEnumType(AgentStatusEnum, {
  name: 'AgentStatus',
  description: 'Connection of an agent. `AgentState` also shows its activity.',
  valuesConfig: {
    ONLINE: { description: 'Heard from within the last 90 seconds.' },
    OFFLINE: { description: 'Not heard from for 90 seconds. Its jobs are lost when their leases expire.' },
    LEFT: { description: 'Shut down cleanly, or removed.' },
  } satisfies Record<AgentStatus, object>,
});

export const agentState: EnumType<AgentState> = {
  name: 'AgentState',
  description: 'State of an agent. The first that applies, in the order LEFT, LOST, DRAINING, PAUSED, BUSY, ONLINE.',
  values: {
    ONLINE: 'Connected, without jobs.',
    BUSY: 'Connected, with at least one job. It takes more if it has free slots.',
    DRAINING: 'Finishes its jobs, takes no more, and leaves.',
    PAUSED: 'Takes no new jobs until its pause ends. Its running jobs continue.',
    LOST: 'Not heard from for 90 seconds. Its jobs are lost when their leases expire.',
    LEFT: 'Shut down cleanly, or removed.',
  },
};
export const AgentStateEnum = enumOf(agentState);
