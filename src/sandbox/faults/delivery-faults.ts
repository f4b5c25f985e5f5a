import { type Delivery } from '../stream/delivery.js';
import { type DeliveryFault } from './sandbox-fault.js';

/** How each fault delivers an answer that should stream. */
export const DELIVERY_FAULTS: Record<DeliveryFault, Delivery> = {
  'stream-json-body': 'json',
  'stream-gzip': 'gzip',
};
