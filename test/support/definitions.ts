/** Documents of the application `app` (`APP`) that several test files use. */

/** Three tasks in sequence. */
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
