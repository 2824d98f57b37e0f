import { serve } from '@ihala/distributed';
import { sectorDeployable } from '@ihala/service-kit';
import { catalogue } from './voluntary-return.module.js';

serve(sectorDeployable(catalogue));
