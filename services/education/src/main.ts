import { serve } from '@ihala/distributed';
import { sectorDeployable } from '@ihala/service-kit';
import { catalogue } from './education.module.js';

serve(sectorDeployable(catalogue));
