import { type DataSource, type EntitySubscriberInterface } from 'typeorm';

const lasting = new WeakMap<DataSource, EntitySubscriberInterface[]>();

/**
 * Subscribes to the entities of a data source permanently: each `initialize()` of TypeORM replaces the list of
 * subscribers with instances of the classes in its options.
 */
export function subscribe(dataSource: DataSource, subscriber: EntitySubscriberInterface): void {
  subscribersOf(dataSource).push(subscriber);
  dataSource.subscribers.push(subscriber);
}

/** The permanent subscribers of a data source, which stay in its list when TypeORM replaces that. */
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
