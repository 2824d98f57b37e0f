export { voluntaryReturnCatalogue as catalogue } from './voluntary-return.catalogue.js';
