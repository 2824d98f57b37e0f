export { serve } from './serve.js';
export { secretNames, settingsSchema } from './settings.js';
