export { healthCatalogue } from './health.catalogue.js';
