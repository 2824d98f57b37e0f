import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import { type Action, type Caller, IssuerUnavailable, TokenInvalid, TokenMissing, TokenVerifier } from '@ihala/access';
import type { FastifyRequest } from 'fastify';
import { Clock } from '../clock.js';
import { Authorisation, type ResourceLoader } from './authorisation.js';
import { type Call, callOf } from './call.js';
import { Problem } from './problem.js';
import { RequestLimits } from './request-limits.js';

interface AccessRule {
  readonly action: Action;
  readonly loader?: Type<ResourceLoader>;
  readonly context?: Readonly<Record<string, unknown>>;
}
const ACCESS = 'ihala:access';
const PUBLIC = 'ihala:public';

/** What a handler does, in the words of the policies; with a loader: to the thing that its path names. */
export const Access = (action: Action, loader?: Type<ResourceLoader>, context?: AccessRule['context']) =>
  SetMetadata(ACCESS, { action, loader, context } satisfies AccessRule);
/** A handler that needs no token. */
export const Public = () => SetMetadata(PUBLIC, true);

export interface Admitted {
  call?: Call;
  loaded?: unknown;
}
/** A request, with what the guard found about it. */
export const admitted = (context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest & Admitted>();
export const TheCall = createParamDecorator((_: unknown, context) => admitted(context).call);
/** A body that a handler reads itself, after a check of its own. */
export const UnreadBody = createParamDecorator((_: unknown, context) => admitted(context).body);
/** What the guard found; current when it was authorised. */
export const Loaded = createParamDecorator((_: unknown, context) => admitted(context).loaded);

/** 401 before 429 before 404 before 403, all before a body is looked at. A handler without a rule is refused: default deny. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly modules: ModuleRef,
    private readonly tokens: TokenVerifier,
    private readonly authorisation: Authorisation,
    private readonly limits: RequestLimits,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = admitted(context);
    const caller = await this.caller(request);
    await this.limits.admit(caller);
    request.call = callOf(request, caller, this.clock.now());
    const rule = this.reflector.get<AccessRule | undefined>(ACCESS, context.getHandler());
    if (!rule) throw new Problem(403, 'access.forbidden');
    const loader = rule.loader && this.modules.get(rule.loader, { strict: false });
    request.loaded = await this.authorisation.admit(request.call, rule.action, {
      loader,
      params: request.params as Record<string, string>,
      context: rule.context,
    });
    return true;
  }

  private async caller({ headers: { authorization }, ip }: FastifyRequest): Promise<Caller> {
    const known = this.tokens.known(authorization);
    if (known) return known;
    this.limits.admitStranger(ip);
    try {
      return await this.tokens.verify(authorization);
    } catch (error) {
      if (error instanceof IssuerUnavailable) throw new Problem(503, error.code, { retryAfterSeconds: 1 });
      if (!(error instanceof TokenMissing || error instanceof TokenInvalid)) throw error;
      this.limits.strangerFailed(ip);
      throw new Problem(401, error.code);
    }
  }
}
