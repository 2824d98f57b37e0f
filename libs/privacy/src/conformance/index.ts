export { keyringConformance, type KeyringFixture } from './keyring.conformance.js';
