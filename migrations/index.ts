import { Initial1795258079416 } from './1795258079416-Initial';
import { StorageSettings1795258079417 } from './1795258079417-StorageSettings';
import { AuditIsAppendOnly1795258079418 } from './1795258079418-AuditIsAppendOnly';
import { TaskTypes1795268267390 } from './1795268267390-TaskTypes';
import { Pause1795269466885 } from './1795269466885-Pause';
import { StageMode1795269966885 } from './1795269966885-StageMode';
import { BesideTasks1795270466885 } from './1795270466885-BesideTasks';
import { Secrets1795270966885 } from './1795270966885-Secrets';
import { Restores1795271466885 } from './1795271466885-Restores';
import { RestorePointsAreImmutable1795271466886 } from './1795271466886-RestorePointsAreImmutable';
import { RuntimeInputs1795271966999 } from './1795271966999-RuntimeInputs';

import { RevertedDeployments1795272262057 } from './1795272262057-RevertedDeployments';

import { Interventions1795272436096 } from './1795272436096-Interventions';

/** In order. Named here rather than found by a glob, so that src, dist and the tests run the same list. */
export const migrations = [
  Initial1795258079416,
  StorageSettings1795258079417,
  AuditIsAppendOnly1795258079418,
  TaskTypes1795268267390,
  Pause1795269466885,
  StageMode1795269966885,
  BesideTasks1795270466885,
  Secrets1795270966885,
  Restores1795271466885,
  RestorePointsAreImmutable1795271466886,
  RuntimeInputs1795271966999,
  RevertedDeployments1795272262057,
  Interventions1795272436096,
] as const;
