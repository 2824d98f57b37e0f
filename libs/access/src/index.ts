export {
  defaultDeploymentFile,
  Deployment,
  DeploymentInvalid,
  loadDeployment,
  signatureAlgorithms,
  type Agency,
  type Issuer,
} from './deployment.js';
export {
  DevIssuer,
  devIssuerAllowed,
  DevIssuerForbidden,
  DevTokenRefused,
  devTokenRequest,
  type DevToken,
  type DevTokenRequest,
} from './dev-issuer.js';
export { isLoopback } from './loopback.js';
export { Policies, PolicyError } from './policies.js';
export {
  moveBys,
  type Action,
  type CaseAction,
  type CaseParties,
  type Desk,
  type DeskAction,
  type MoveBy,
  type Principal,
  type Question,
  type ReferralAction,
  type ReferralParties,
  type Resource,
  type TransferAction,
  type TransferParties,
} from './questions.js';
export { IssuerUnavailable, TokenInvalid, TokenMissing, TokenVerifier, type Caller } from './tokens.js';
