export { Unreadable } from './cloud-event.js';
export { eventMessage, headMessage, resendMessage } from './messages.js';
