import { serve } from '@ihala/distributed';
import { auditDeployable } from './audit.module.js';

serve(auditDeployable);
