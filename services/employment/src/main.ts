import { serve } from '@ihala/distributed';
import { sectorDeployable } from '@ihala/service-kit';
import { catalogue } from './employment.module.js';

serve(sectorDeployable(catalogue));
