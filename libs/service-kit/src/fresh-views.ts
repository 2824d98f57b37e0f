import {
  type JsonObject,
  type Page,
  type RecordedEvent,
  type View,
  type ViewQuery,
  type ViewRunner,
  ViewStore,
} from '@ihala/event-log';

/** Beyond that an older answer is better than none. */
const PATIENCE_MS = 250;
/** Another process hears of a commit a little later, and without Redis later still. */
const ELSEWHERE_MS = 1000;

/** The views as requests read them: whoever was answered before, by this service, finds it in its lists. */
export class FreshViews extends ViewStore {
  constructor(
    private readonly views: ViewStore,
    private readonly runner: ViewRunner,
  ) {
    super();
  }

  async get<Doc extends JsonObject>(view: View<Doc>, id: string): Promise<Doc | undefined> {
    await this.#refresh(view);
    return this.views.get(view, id);
  }

  async find<Doc extends JsonObject>(view: View<Doc>, query: ViewQuery<Doc>): Promise<Page<Doc>> {
    await this.#refresh(view);
    return this.views.find(view, query);
  }

  #refresh<Doc extends JsonObject>(view: View<Doc>): Promise<void> {
    return this.runner.refresh(view as unknown as View<JsonObject>, PATIENCE_MS, ELSEWHERE_MS);
  }

  declare(views: readonly View<JsonObject>[]): Promise<void> {
    return this.views.declare(views);
  }

  serve(view: View<JsonObject>): Promise<void> {
    return this.views.serve(view);
  }

  checkpoint(view: View<JsonObject>): Promise<number> {
    return this.views.checkpoint(view);
  }

  advance<Doc extends JsonObject>(view: View<Doc>, from: number, to: number, events: readonly RecordedEvent[]) {
    return this.views.advance(view, from, to, events);
  }
}
