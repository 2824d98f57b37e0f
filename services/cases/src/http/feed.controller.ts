import { Access, type Call, Describe, limitQuery, TheCall } from '@ihala/service-kit';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { Feed } from '../views/feed.view.js';
import { feedItemSchema } from './schemas.js';

const feedQuery = z.strictObject({ limit: limitQuery, after: z.string().max(1000).optional() });
const feedSchema = z.looseObject({ items: z.array(feedItemSchema), next: z.string() });

@Controller('v1/feed')
export class FeedController {
  constructor(private readonly feed: Feed) {}

  @Get()
  @Access('read-feed')
  @Describe('Every change that the agency may know of, in all services, oldest first', 200, feedSchema)
  read(@TheCall() call: Call, @Query({ schema: feedQuery }) query: z.infer<typeof feedQuery>): Promise<object> {
    return this.feed.page(call, query);
  }
}
