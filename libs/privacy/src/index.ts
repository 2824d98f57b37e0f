export { KeyCache } from './key-cache.js';
export { KeyEncryptionKey, KeyEncryptionKeyRefused } from './key-encryption-key.js';
export { loadKeyEncryptionKey, type LoadedKey } from './key-encryption-key-file.js';
export {
  ClassNotOpen,
  Erased,
  everything,
  isErased,
  Keyring,
  KeyringUnavailable,
  PersonErased,
  ScopedKeyring,
  WrongKeyEncryptionKey,
  type DataKey,
  type StoredKey,
} from './keyring.js';
export { Sealer, SealBroken, type Contents, type SealedEvent, type SealedPart, type Unsealed } from './sealer.js';
export { KeyringBusy, SqliteKeyring } from './sqlite-keyring.js';
