import { type DataSource, type EntitySubscriberInterface } from 'typeorm';

const lasting = new WeakMap<DataSource, EntitySubscriberInterface[]>();

/**
 * Subscribes to the entities of a data source for good: each `initialize()` of TypeORM replaces the list of subscribers
 * by those of its options, which are classes that it makes itself.
 */
export function subscribe(dataSource: DataSource, subscriber: EntitySubscriberInterface): void {
  subscribersOf(dataSource).push(subscriber);
  dataSource.subscribers.push(subscriber);
}

/** Those that stay subscribed. */
function subscribersOf(dataSource: DataSource): EntitySubscriberInterface[] {
  const known = lasting.get(dataSource);
  if (known !== undefined) return known;
  const ours: EntitySubscriberInterface[] = [];
  lasting.set(dataSource, ours);
  let { subscribers } = dataSource;
  Object.defineProperty(dataSource, 'subscribers', {
    configurable: true,
    enumerable: true,
    get: () => subscribers,
    set: (replacing: EntitySubscriberInterface[]) => {
      subscribers = [...replacing, ...ours];
    },
  });
  return ours;
}
