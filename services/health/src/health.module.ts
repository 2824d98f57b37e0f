export { healthCatalogue as catalogue } from './health.catalogue.js';
