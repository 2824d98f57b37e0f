import { serve } from '@ihala/distributed';
import { casesDeployable } from './cases.module.js';

serve(casesDeployable);
