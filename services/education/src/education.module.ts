export { educationCatalogue as catalogue } from './education.catalogue.js';
