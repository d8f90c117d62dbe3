/** Documents of the application `app` (`APP`) that more than one file of tests uses. */

/** Three tasks, one after the other. */
export const FLOW = `---
kind: Workflow
application: app
name: flow
tasks:
  lint: { run: "true" }
  integration: { run: "true", depends_on: [lint] }
  build: { run: "true", depends_on: [integration] }
`;

/** Deploys `web` to staging. */
export const DEPLOY = `---
kind: Workflow
application: app
name: deploy
environment: staging
services: [web]
tasks:
  put: { run: "true" }
`;
