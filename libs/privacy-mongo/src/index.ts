export { MongoKeyring } from './mongo-keyring.js';
