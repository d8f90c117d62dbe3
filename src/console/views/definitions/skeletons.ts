import type { KindName } from './kinds';

/** Kinds that a new document can have. */
export const newKinds: readonly (KindName | 'Freeze')[] = [
  'Pipeline',
  'Workflow',
  'Template',
  'Trigger',
  'Environment',
  'Service',
  'Application',
  'Freeze',
];

/** A document to begin with. It is valid once the names fit. */
export function skeletonOf(kind: string, application: string): string {
  const head = `kind: ${kind}\napplication: ${application || 'my-application'}\n`;
  switch (kind) {
    case 'Application':
      return 'kind: Application\nname: my-application\ndescription: What it does, and who owns it\n';
    case 'Environment':
      return `${head}name: staging\ntype: NON_PROD\nvariables:\n  REGION: eu-central-1\n`;
    case 'Service':
      return `${head}name: web\ndescription: What it serves\n`;
    case 'Workflow':
      return `${head}name: deploy
description: Deploys a service to an environment
environment: staging
services: [web]
tasks:
  deploy:
    run: ./deploy.sh "$SLIPWAY_IMAGE_WEB"
  check:
    depends_on: [deploy]
    run: ./smoke-test.sh
`;
    case 'Template':
      return `kind: Template
name: node-build
description: Tests and builds a package of Node.js
of: workflow
parameters:
  - name: directory
    default: .
tasks:
  test:
    run: cd \${{ directory }} && npm ci && npm test
`;
    case 'Trigger':
      return `${head}name: nightly
description: Releases every night
start: { pipeline: release }
on:
  schedule: { cron: "0 3 * * *", time_zone: Europe/Berlin }
`;
    case 'Freeze':
      return `${head}name: holidays
from: 2026-12-23T18:00:00+01:00
until: 2027-01-04T08:00:00+01:00
reason: Nobody is here to repair what breaks
`;
    default:
      return `${head}name: release
description: Brings a release to staging and production
stages:
  - name: Staging
    elements:
      - name: staging
        workflow: deploy
`;
  }
}
