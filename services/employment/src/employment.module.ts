export { employmentCatalogue as catalogue } from './employment.catalogue.js';
