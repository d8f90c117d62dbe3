import { stopTestServer } from './globalSetup';

export default stopTestServer;
